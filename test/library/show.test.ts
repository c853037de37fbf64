/** What notebooks show: the numbers are the run's own, texts are escaped, and both forms say the same. */
// @needs engine

import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attentionView, type CodiModel, lensView, type RunResult, type Runs, show } from "../../src/index.js";
import { JUPYTER_DISPLAY, type MediaBundle, Shown } from "../../src/library/show/shown.js";
import { blockSite } from "../../src/model/hooks/names.js";
import { loadTiny, problems } from "../support/tiny.js";

// Its heads look at latents, some much and some not at all.
const LAYER = 13;
const [{ question, expected } = { question: "", expected: 0 }] = problems;
const hostile = 'Tom has 3 <script>alert("pens")</script> & \u202e4 more. How many?';

let model: CodiModel;
let batch: Runs;
let run: RunResult;
let strange: RunResult;

beforeAll(async () => {
  model = await loadTiny();
  const runs = await model.runBatch([question, hostile], {
    capture: [
      "blocks.*.attn.hook_pattern",
      "blocks.*.hook_resid_post",
      "blocks.*.attn.hook_attn_scores",
      "hook_logits",
    ],
    interventions: ["scale(1):blocks.8.hook_resid_post@latent.2"],
    expected: [expected, 7],
    lens: true,
  });
  batch = runs;
  [run, strange] = runs as unknown as [RunResult, RunResult];
});
afterAll(() => model.dispose());

/** What a softmax of the captured logits gives at a position: another way than the run's own. */
function softmaxAt(place: number, of = run): number[] {
  const { shape, data } = of.captures.get("hook_logits");
  const width = shape[2] ?? 0;
  return softmax([...data.slice(place * width, (place + 1) * width)]);
}

function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const weights = scores.map((x) => Math.exp(x - most));
  const total = weights.reduce((sum, x) => sum + x, 0);
  return weights.map((x) => x / total);
}

/** A head's pattern out of the scores before the softmax. */
function attention(head: number, query: number): number[] {
  const { data } = run.captures.get(blockSite(LAYER, "attn.hook_attn_scores"));
  const n = run.layout.length;
  const from = (head * n + query) * n;
  return softmax([...data.slice(from, from + query + 1)]);
}

describe("a run", () => {
  test("shows question, answer, and what fired", () => {
    const text = show(run).toString();
    expect(text).toContain(`answer     ${run.answer.text}`);
    expect(text).toContain(`read as    ${expected}`);
    expect(text).toMatch(/^scale\(1\):blocks\.8\.hook_resid_post@latent\.2 .* 1 +1$/m);
  });

  test("each token's probability is the softmax of the logits", async () => {
    const interventions = ["noise(100):blocks.8.hook_resid_post@answer"];
    const unsure = await model.run(question, { capture: ["hook_logits"], interventions });
    const eot = unsure.layout.names.indexOf("eot");
    const wanted = unsure.answer.ids.map((id, i) => softmaxAt(eot + i, unsure)[id] ?? Number.NaN);
    expect(wanted.some((each) => each > 0.1 && each < 0.9)).toBe(true);
    const shown = [
      ...show(unsure)
        .toHTML()
        .matchAll(/<small>([^<]+)<\/small>/g),
    ].map(([, each]) => each ?? "");
    expect(shown).toHaveLength(wanted.length);
    for (const [i, each] of shown.entries())
      if (/^\d/.test(each)) expect(Math.abs(Number(each) - (wanted[i] ?? 0))).toBeLessThan(0.0006);
      else expect([each, each === "&gt;0.999" ? 1 : 0]).toEqual([each, Math.round(wanted[i] ?? 0.5)]);
  });

  test("a failure is shown in place of an answer, and a score that there is not by its reason", () => {
    const failed = { ...run, failure: Object.assign(new Error("NaN <at> latent.2"), { hint: "", exitCode: 5 }) };
    const view = show(failed as unknown as RunResult);
    expect(view.toHTML()).toContain("The run failed: NaN &lt;at&gt; latent.2");
    expect(view.toHTML()).not.toContain(run.answer.text);
    expect(view.toString()).toContain("failed     NaN <at> latent.2");
  });

  test("several runs are a row each", () => {
    const lines = show([run, strange]).toString().split("\n");
    expect(lines[0]).toBe("2 runs");
    expect(lines[2]).toMatch(new RegExp(`^${question.slice(0, 20)}.* ${expected} `));
  });

  test("rows are a table with a column for each name, numbers to the right", () => {
    const view = show([
      { latent: 0, share: 0.25, note: "<b>" },
      { latent: 10, share: -0.5, right: true, note: null },
    ]);
    expect(view.toString().split("\n")).toEqual([
      "latent  share  note  right",
      "     0   0.25  <b>   –",
      "    10  −0.50  –     true",
    ]);
    expect(view.toHTML()).toContain('<td class="number">−0.50</td>');
    expect(view.toHTML()).toContain("<td>&lt;b&gt;</td>");
  });

  test("what came from data is escaped, nothing is asked for, and no script stands in it", async () => {
    const views = [
      show(strange),
      show([strange]),
      attentionView(strange, { layer: LAYER }),
      attentionView(strange, { layer: LAYER, head: 0 }),
      await lensView(strange, { model }),
    ];
    for (const html of views.map((view) => view.toHTML())) {
      expect(html).not.toMatch(/<script|javascript:|\bon\w+=|<link|url\(|https?:|\u202e/i);
      expect(html).toMatch(/^<div class="codilens"><style>[^<]*<\/style>/);
    }
    expect(show(strange).toHTML()).toContain("&lt;script&gt;");
    expect(show(strange).toString()).not.toContain("\u202e");
  });

  test("Jupyter, Node and Deno are given the same view, and a run is printed and copied as before", async () => {
    for (const each of [run, batch]) {
      const bundle = (each as unknown as { [JUPYTER_DISPLAY](): MediaBundle })[JUPYTER_DISPLAY]();
      expect(bundle).toEqual({ "text/html": show(each).toHTML(), "text/plain": show(each).toString() });
    }
    const [[one] = []] = await model.runConditions([question], [{ name: "baseline", interventions: [] }]);
    expect(Object.getOwnPropertySymbols(one ?? {})).toContain(JUPYTER_DISPLAY);
    expect(Object.getOwnPropertySymbols({ ...run })).not.toContain(JUPYTER_DISPLAY);
    expect(inspect(show(run))).toBe(show(run).toString());
    const deno = Symbol.for("Deno.customInspect");
    expect((show(run) as unknown as Record<symbol, () => string>)[deno]?.()).toBe(show(run).toString());
    expect(show(show(run))).toBeInstanceOf(Shown);
  });

  test.each([
    [{}, "an object with nothing"],
    [[], "an empty list"],
    [[1], "a list of other things than runs and rows"],
    [[{ list: [] }], "a list of other things than runs and rows"],
    ["a text", "a text"],
  ])("%j is refused by name", (value, named) => {
    expect(() => show(value as never)).toThrow(`show() was given ${named}, which it has no view of`);
  });
});

describe("attention", () => {
  test("every cell says the share that the softmax of the scores gives, and a reader's shares sum to 1", () => {
    const head = 2;
    const html = attentionView(run, { layer: LAYER, head }).toHTML();
    const cells = [
      ...html.matchAll(/<rect[^>]*fill-opacity="([\d.]+)"(?:\/>|><title>(.*?) → (.*?): ([\d.]+)<\/title>)/g),
    ];
    const wanted = run.layout.names.flatMap((_, query) => attention(head, query));
    expect(cells).toHaveLength(wanted.length);
    for (const [i, [, opacity, , , share]] of cells.entries()) {
      const own = wanted[i] ?? Number.NaN;
      if (share === undefined) expect([i, own < 0.0051, opacity]).toEqual([i, true, "0"]);
      else {
        expect(Math.abs(Number(share) - own)).toBeLessThan(0.001);
        expect(Number(opacity)).toBeCloseTo(Math.sqrt(own), 1);
      }
    }
  });

  test("cells name reader and key by place and token, and the text names the three largest", () => {
    const view = attentionView(run, { layer: LAYER, head: 0 });
    const eot = run.layout.names.indexOf("eot");
    const best = attention(0, eot)
      .map((share, key) => ({ share, key }))
      .sort((a, b) => b.share - a.share)[0];
    const row = view
      .toString()
      .split("\n")
      .find((line) => line.startsWith("eot "));
    expect(row).toContain(`${run.layout.names[best?.key ?? 0]}`);
    expect(row).toContain((best?.share ?? 0).toFixed(2));
    expect(view.toHTML()).toContain(`<title>question.1 “${model.tokenizer.tokenText(run.promptIds[1] ?? 0).trim()}”`);
  });

  test("the grid has a map a head, with what EOT and the answer give to the latents", () => {
    const view = attentionView(run, { layer: LAYER });
    expect(view.toHTML().match(/<svg/g)).toHaveLength(model.config.heads);
    const { names } = run.layout;
    const readers = [...names.keys()].filter((place) => /^(?:eot|answer)/.test(names[place] ?? ""));
    for (const head of [0, 1, 2, 3]) {
      const shares = readers.map((reader) =>
        attention(head, reader).reduce((sum, x, key) => (names[key]?.startsWith("latent") ? sum + x : sum), 0),
      );
      const mean = shares.reduce((sum, x) => sum + x, 0) / readers.length;
      const [, shown] = new RegExp(`head ${head} <span class="soft">· to latents ([\\d.]+)`).exec(view.toHTML()) ?? [];
      expect(Math.abs(Number(shown) - mean)).toBeLessThan(0.0051);
    }
  });

  test("what was not captured, and a head that is not there, say what to do", () => {
    expect(() => attentionView(run, { layer: LAYER, head: 4 })).toThrow("Layer 13 has no head 4");
    const bare = { ...run, captures: Object.create(run.captures, { sites: { value: [] } }) } as RunResult;
    expect(() => attentionView(bare, { layer: LAYER })).toThrow(
      expect.objectContaining({
        message: "The run did not capture the attention of layer 13",
        hint: 'run with capture: ["blocks.13.attn.hook_pattern"]; captured: nothing',
      }),
    );
  });
});

describe("the lens", () => {
  test("the last layer's row is what the run's own logits say, and the table of five is the run's", async () => {
    const text = (await lensView(run, { model })).toString();
    const last = text.split("\n").find((line) => line.trimStart().startsWith("15 "));
    const places = ["bot", "latent.0", "latent.1", "latent.2", "latent.3", "latent.4", "latent.5", "eot"];
    const firsts = places.map((name) => {
      const shares = softmaxAt(run.layout.names.indexOf(name));
      return model.tokenizer.tokenText(shares.indexOf(Math.max(...shares))).trim();
    });
    expect(last?.trim().split(/\s+/)).toEqual(["15", ...firsts]);
    for (const { at, top } of run.lens)
      expect(text).toMatch(new RegExp(`^${at.replace(".", "\\.")} +${top[0]?.text.trim()} [>\\d.]+ `, "m"));
  });

  test("without anything to read it says what to run", async () => {
    await expect(lensView({ ...run, lens: [] })).rejects.toThrow("The run kept no lens");
    const bare = await model.run(question, { capture: ["hook_embed"] });
    await expect(lensView(bare, { model })).rejects.toThrow("The run kept no layer's state: hook_embed was captured");
  });
});
