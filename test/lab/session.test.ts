/** What the page's session reads of clean runs, against PyTorch's fixtures: the lens, attention and what components write. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { CodiModel, tf } from "../../src/index.js";
import { cleanState } from "../../src/lab/edits/edit.js";
import { LabSession } from "../../src/lab/session/lab-session.js";
import { widened } from "../../src/model/tensor/floats.js";
import { compare, modelFolder, openFixture, readFixture, readJson } from "../support/parity.js";
import { loadTiny, problems, question } from "../support/tiny.js";

const model = await loadTiny();
const session = new LabSession(model);
afterAll(() => model.dispose());

const first = problems[0]?.question ?? "";

describe("a question that is opened", () => {
  test("has the tokens that the model reads, each with the name of its position", async () => {
    const { tokens, positions, answer } = await session.open(first);
    const { layout, promptIds } = await model.run(first);
    expect(tokens.map(({ id }) => id)).toEqual(promptIds.slice(0, layout.parts.question));
    expect(tokens.map(({ text }) => text).join("")).toBe(`<|begin_of_text|>${first}`);
    expect(positions.map(({ name }) => name)).toEqual(layout.names);
    expect(positions.find(({ part }) => part === "bot")?.text).toBe("<|bocot|>");
    expect(positions.find(({ part }) => part === "eot")?.text).toBe("<|eocot|>");
    expect(
      positions
        .filter(({ part }) => part === "answer")
        .map(({ text }) => text)
        .join(""),
    ).toBe(answer.text);
  });

  test("marks the pieces of words that have no token", async () => {
    const known = await session.open(first);
    expect(known.tokens.filter(({ unknown }) => unknown)).toEqual([]);
    const { tokens } = await session.open("Ann has 3 zebras 🦓. How many?");
    const marked = tokens.filter(({ unknown }) => unknown).map(({ text }) => text);
    const bytes = tokens.filter(({ text }) => text.includes("\uFFFD"));
    expect(bytes.length).toBeGreaterThan(1);
    expect(bytes.filter(({ unknown }) => !unknown)).toEqual([]);
    expect(
      marked
        .filter((text) => !text.includes("\uFFFD"))
        .join("")
        .trim(),
    ).toBe("zebras");
  });

  test("has the answer with the probabilities of its tokens", async () => {
    const { answer } = await session.open(question);
    const run = await model.run(question);
    expect(answer.text).toBe(run.answer.text);
    expect(answer.value).toBe(run.answer.value);
    expect(answer.numberWord).toBe(run.answer.numberToken);
    expect(answer.words.map(({ id }) => id)).toEqual(run.answer.ids);
    for (const [i, { probability, margin }] of answer.words.entries()) {
      expect(Math.log(probability)).toBeCloseTo(run.answer.tokens[i]?.logProb ?? Number.NaN, 4);
      expect(margin).toBeCloseTo(run.answer.tokens[i]?.margin ?? Number.NaN, 2);
    }
  });

  test("says at every block and latent what PyTorch's head says there", async () => {
    interface Lens {
      readonly numbers: readonly string[];
      readonly lens: readonly { question: string; first: number[][]; log_probs: number[][][] }[];
    }
    const { numbers, lens } = readJson<Lens>("layer_lens");
    expect(lens).toHaveLength(3);
    let compared = 0;
    for (const wanted of lens) {
      const view = await session.open(wanted.question);
      // The reference has the embedding in front of the blocks, and BOT in front of the latents.
      const ids = view.lens.map((row) => row.map((words) => words[0]?.id));
      expect(ids).toEqual(wanted.first.slice(1).map((row) => row.slice(1)));
      expect(view.bot[0]?.id).toBe(wanted.first[16]?.[0]);
      expect(view.latents.map(({ words }) => words[0]?.id)).toEqual(wanted.first[16]?.slice(1));
      for (const [block, row] of view.lens.entries())
        for (const [latent, words] of row.entries())
          for (const { text, probability } of words) {
            const log = wanted.log_probs[block + 1]?.[latent + 1]?.[numbers.indexOf(text)];
            if (log === undefined) continue;
            compared += 1;
            expect(Math.abs(Math.log(probability) - log)).toBeLessThan(2e-4);
          }
    }
    expect(compared).toBeGreaterThan(40);
  });
});

describe("attention", () => {
  test("is PyTorch's in every head from BOT on", async () => {
    const { fixture, tensor } = await readFixture("tiny-codi");
    const view = await session.attention(fixture.question, { block: 8 });
    const wanted = await tensor("blocks.8.attn.hook_pattern");
    const n = view.positions.length;
    const firstQuery = view.positions.findIndex(({ part }) => part === "bot");
    // The fixture ends one token earlier: `[head][query from BOT][key]`.
    const [keys, queries] = [n - 1, n - 1 - firstQuery];
    expect(wanted.length).toBe(view.heads * queries * keys);
    const ours = wanted.map((_, i) => {
      const [head, query, key] = [Math.floor(i / (queries * keys)), Math.floor(i / keys) % queries, i % keys];
      return view.values[(head * n + query + firstQuery) * n + key] ?? Number.NaN;
    });
    const { found, allowed } = compare("pattern", ours, wanted, fixture.gap["blocks.8.attn.hook_pattern"] ?? 0);
    expect(found).toBeLessThanOrEqual(allowed);
    expect(view.run).toBe("clean");
  });

  test("names the position that predicts the answer's number", async () => {
    const { positions, beforeNumber } = await session.attention(question, { block: 3 });
    const { answer } = await model.run(question);
    expect(positions[beforeNumber ?? 0]?.name).toBe(`answer.${(answer.numberToken ?? 0) - 1}`);
  });

  test("of one latent is the pattern's row and column", async () => {
    const { attendsTo, attendedBy } = await session.cell(question, { block: 8, latent: 2 });
    const { values, positions, heads } = await session.attention(question, { block: 8 });
    const [n, own] = [positions.length, positions.findIndex(({ name }) => name === "latent.2")];
    const at = (head: number, query: number, key: number): number => values[(head * n + query) * n + key] ?? Number.NaN;
    expect(attendsTo.positions.map(({ name }) => name)).toEqual(positions.slice(0, own + 1).map(({ name }) => name));
    expect(attendedBy.positions.map(({ name }) => name)).toEqual(positions.slice(own).map(({ name }) => name));
    const all = Array.from({ length: heads }, (_, head) => head);
    expect(attendsTo.weights).toEqual(
      all.map((head) => positions.slice(0, own + 1).map((_, key) => at(head, own, key))),
    );
    expect(attendedBy.weights).toEqual(all.map((head) => positions.slice(own).map((_, i) => at(head, own + i, own))));
    for (const row of attendsTo.weights) expect(row.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 5);
  });
});

describe("what components wrote at a latent", () => {
  test.each(["full-heads", "grouped-llama3"])("has PyTorch's norms and direct effects on %s", async (name) => {
    interface Attribution {
      readonly question: string;
      readonly models: Record<
        string,
        { readonly gap: number; readonly inputs: readonly { latent: number; along: string; values: number[] }[] }
      >;
    }
    using random = await CodiModel.load(modelFolder(name), { engine: "native" });
    const attribution = readJson<Attribution>("attribution");
    const made = attribution.models[name];
    const own = new LabSession(random);
    const { heads } = random.config;
    const run = await random.run(attribution.question, { components: true });
    for (const latent of [0, 2, 4])
      for (let block = 0; block < random.config.layers; block++) {
        const { components } = await own.cell(attribution.question, { block, latent });
        const wanted = made?.inputs.find((each) => each.latent === latent + 1 && each.along === "own")?.values ?? [];
        // Contributions to the next input along itself: the last of the list is its squared length.
        const square = wanted.at(-1) ?? Number.NaN;
        const parts = wanted.slice(1 + block * (heads + 1), 1 + (block + 1) * (heads + 1)).map((x) => x / square);
        expect(parts).toHaveLength(heads + 1);
        const { found, allowed } = compare(
          `block ${block} latent ${latent}`,
          Float32Array.from(components, ({ toNext }) => toNext ?? Number.NaN),
          Float32Array.from(parts),
          (made?.gap ?? 0) * Math.max(...wanted.map((x) => Math.abs(x / square))),
        );
        expect(found).toBeLessThanOrEqual(allowed);
        const mlp = run.components?.mlp[block]?.get(`latent.${latent}`) ?? new Float32Array();
        expect((components.at(-1)?.norm ?? Number.NaN) / Math.hypot(...mlp)).toBeCloseTo(1, 4);
      }
    // What each head wrote, on the question that this reference was made with.
    const sites = await openFixture("sites");
    const { fixture } = await readFixture(name);
    const site = "blocks.0.attn.hook_result";
    const result = widened(await sites.read(`${name}/${site}`));
    const positions = result.length / (heads * random.config.dModel);
    const { layout } = await random.run(fixture.question, { maxNewTokens: fixture.max_new_tokens });
    expect(positions).toBe(layout.length);
    const { components } = await own.cell(fixture.question, { block: 0, latent: 2 });
    const place = layout.names.indexOf("latent.2") * heads;
    for (const [head, { norm }] of components.slice(0, heads).entries()) {
      const width = random.config.dModel;
      const written = result.subarray((place + head) * width, (place + head + 1) * width);
      expect(norm / Math.hypot(...written)).toBeCloseTo(1, 4);
    }
  });

  test("sums with the other blocks' and the embedding to the logit of the word that the head says", async () => {
    const cells = [];
    for (let block = 0; block < 16; block++) cells.push(await session.cell(first, { block, latent: 1 }));
    const [cell] = cells;
    const run = await model.run(first, { lens: true, components: true });
    expect(cell?.word.id).toBe(run.lens.find(({ at }) => at === "latent.1")?.top[0]?.id);
    const logits = await model.logitsAt(run, "latent.1");
    expect(cell?.word.logit).toBeCloseTo(logits[cell?.word.id ?? 0] ?? Number.NaN, 3);
    const [parts] = await model.attribute(run, [{ kind: "logit", position: "latent.1", token: cell?.word.id ?? 0 }]);
    const sum = cells.flatMap(({ components }) => components).reduce((total, { toWord }) => total + toWord, 0);
    expect(sum + (parts?.embed ?? Number.NaN)).toBeCloseTo(cell?.word.logit ?? Number.NaN, 3);
  });

  test("has no next input at the last latent", async () => {
    const { components } = await session.cell(first, { block: 8, latent: 5 });
    expect(components.map(({ toNext }) => toNext)).toEqual([null, null, null, null, null]);
  });
});

test("what is not there is refused in a sentence, and leaves no tensor", async () => {
  const tensors = tf.memory().numTensors;
  await expect(session.open("  ")).rejects.toThrow(/question/i);
  await expect(session.cell(question, { block: 16, latent: 2 })).rejects.toThrow(
    "There is no block 16, the model has 16",
  );
  await expect(session.cell(question, { block: 3, latent: -1 })).rejects.toThrow(
    "There is no latent -1, the model has 6",
  );
  await expect(session.attention(question, { block: 1.5 })).rejects.toThrow("There is no block 1.5, the model has 16");
  await expect(session.attention(question, { block: 3, run: "edited" })).rejects.toThrow(/was not run under edits/);
  const target = { kind: "cell", block: 3, latent: 1 } as const;
  await session.run({ ...cleanState(question), edits: [{ id: 1, target, operation: { kind: "zero" }, on: true }] });
  expect((await session.attention(question, { block: 3, run: "edited" })).run).toBe("edited");
  await expect(session.attention("Ann has 3 eggs. How many?", { block: 3, run: "edited" })).rejects.toThrow(
    /was not run under edits/,
  );
  await session.cell(question, { block: 3, latent: 0 });
  expect(tf.memory().numTensors).toBe(tensors);
});
