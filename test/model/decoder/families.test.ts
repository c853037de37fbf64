/** Each family beside LLaMA at every site, against its own class in transformers: alone, in a padded batch, and over a cache. */
// @needs engine

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openFolder } from "../../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { Ascent } from "../../../src/model/decoder/ascent.js";
import type { Decoder } from "../../../src/model/decoder/decoder.js";
import { KvCache } from "../../../src/model/decoder/kv-cache.js";
import { allSites, expandSites, parseSite, type SiteName } from "../../../src/model/hooks/names.js";
import type { Observer } from "../../../src/model/hooks/observer.js";
import { RunHooks } from "../../../src/model/hooks/run-hooks.js";
import type { Step } from "../../../src/model/hooks/step.js";
import { SequenceLayout } from "../../../src/model/latent/layout.js";
import { uploadModel } from "../../../src/model/latent/load/upload-model.js";
import { groupOf } from "../../../src/model/latent/plan/row-tree.js";
import { laterStep, prefillStep, type StepFrame } from "../../../src/model/latent/plan/steps.js";
import { SiteRecorder } from "../../../src/model/latent/readings/capture.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { numbersOf } from "../../../src/model/tensor/numbers.js";
import { tf } from "../../../src/model/tensor/tf.js";
import { compare, type Difference, modelFolder, type OpenFixture, readFixtureAt } from "../../support/parity.js";

interface PlainFixture {
  readonly prompts: readonly (readonly number[])[];
  /** Site → largest float32–float64 difference of the reference itself, over both prompts. */
  readonly gap: Readonly<Record<string, number>>;
}

/** What no prompt alone has, and what the reference gives by another name or not at all. */
const ELSEWHERE = /^(?:latents|prj)\.|hook_logits$|hook_attn_scores$|hook_rot_[qk]$/;

const frameOf = (prompts: readonly (readonly number[])[]): StepFrame => ({
  rows: prompts.map((promptIds, question) => ({ question, condition: null, promptIds, pin: null })),
  hasBot: false,
  latents: 0,
  eotTokens: 0,
  prefillColumns: Math.max(...prompts.map(({ length }) => length)),
});

/** One forward of ids `[row * columns + column]`. */
function forward(
  decoder: Decoder,
  ids: readonly number[],
  { cache, step, observers = [] }: { readonly cache: KvCache; readonly step: Step; readonly observers?: Observer[] },
): { readonly logits: Promise<Float32Array>; readonly cache: KvCache; readonly hooks: RunHooks } {
  const hooks = new RunHooks(
    [],
    observers,
    step.rowIds.map((id) => id),
  );
  const x = decoder.embed(ids);
  const { hidden, cache: next } = decoder.forward(x, cache, { ascent: Ascent.flat(step), hooks });
  const logits = tf.tidy(() => tf.transpose(decoder.logits(hidden)));
  tf.dispose([x, hidden]);
  return { logits: numbersOf(logits).finally(() => logits.dispose()), cache: next, hooks };
}

describe.each(["gpt2", "qwen2"] as const)("%s", (family) => {
  let decoder: Decoder;
  let fixture: OpenFixture<PlainFixture>;

  beforeAll(async () => {
    await startEngine("auto");
    fixture = await readFixtureAt<PlainFixture>(fileURLToPath(new URL(`../../fixtures/${family}-lm`, import.meta.url)));
    const checkpoint = await openCheckpoint(openFolder(modelFolder(`${family}-lm`)));
    ({ decoder } = await uploadModel(checkpoint));
    await checkpoint.close();
  });
  afterAll(() => decoder.dispose());

  async function differences(prompts: readonly number[]): Promise<Difference[]> {
    const { tensor } = fixture;
    const { gap, prompts: all } = fixture.fixture;
    const sites = allSites(decoder.config).filter((site) => !ELSEWHERE.test(site));
    const recorders = sites.map((name) => new SiteRecorder(parseSite(name, decoder.config)));
    const chosen = prompts.map((prompt) => all[prompt] ?? []);
    const step = prefillStep(
      frameOf(chosen),
      chosen.map((_, row) => groupOf([row])),
    );
    const ids = chosen.flatMap((own) => Array.from({ length: step.columns }, (_, column) => own[column] ?? 0));
    const observers = recorders.map(({ observer }) => observer);
    const made = forward(decoder, ids, { cache: KvCache.empty(chosen.length), step, observers });
    await made.hooks.flush();
    made.cache.dispose();
    const logits = await made.logits;
    const found: Difference[] = [];
    for (const [row, prompt] of prompts.entries()) {
      const { length } = chosen[row] ?? [];
      const layout = new SequenceLayout({ question: length, bot: 0, latents: 0, eot: 0, answer: 0 });
      for (const recorder of recorders) {
        const { name } = recorder.site;
        if (gap[name] === undefined) throw new Error(`The reference has no ${name}`);
        found.push(compare(name, recorder.assemble(row, layout).data, await tensor(`${prompt}/${name}`), gap[name]));
      }
      const vocab = decoder.config.vocabSize;
      const own = logits.slice(row * step.columns * vocab, (row * step.columns + length) * vocab);
      found.push(compare("logits", own, await tensor(`${prompt}/logits`), gap["logits"] ?? 0));
    }
    return found;
  }

  test.each([[[0]], [[1]], [[0, 1]]])("equals the reference at every site, prompts %j", async (prompts) => {
    const all = await differences(prompts);
    expect(all.length).toBeGreaterThan(25 * prompts.length);
    expect(all.filter(({ found, allowed }) => !(found <= allowed))).toEqual([]);
  });

  test("a look at every site changes no bit of the logits, of one row or two, one token or several", async () => {
    const [first = [], second = []] = fixture.fixture.prompts;
    for (const chosen of [[first], [first, second], [first.slice(0, 1)]]) {
      const groups = chosen.map((_, row) => groupOf([row]));
      const step = prefillStep(frameOf(chosen), groups);
      const ids = chosen.flatMap((own) => Array.from({ length: step.columns }, (_, column) => own[column] ?? 0));
      const logitsOf = async (observers: Observer[]): Promise<Float32Array> => {
        const { logits, cache, hooks } = forward(decoder, ids, {
          cache: KvCache.empty(chosen.length),
          step,
          observers,
        });
        await hooks.flush();
        cache.dispose();
        return logits;
      };
      const sites = allSites(decoder.config).filter((site) => !ELSEWHERE.test(site) && !site.endsWith("hook_result"));
      const looks = sites.map((name) => new SiteRecorder(parseSite(name, decoder.config)).observer);
      expect(await logitsOf(looks)).toEqual(await logitsOf([]));
    }
  });

  test("gives the same logits token by token over a cache", async () => {
    const [ids = []] = fixture.fixture.prompts;
    const prompt = ids.slice(0, 4);
    const frame = frameOf([prompt]);
    const groups = [groupOf([0])];
    const vocab = decoder.config.vocabSize;
    const wanted = await fixture.tensor("0/logits");
    let made = forward(decoder, prompt, { cache: KvCache.empty(1), step: prefillStep(frame, groups) });
    const seen = [...(await made.logits)];
    for (const [index, id] of ids.slice(4).entries()) {
      const fed = [[{ part: "answer", index } as const]];
      const step = laterStep(frame, groups, { label: `answer.${index}`, fed, counts: true });
      const { cache } = made;
      made = forward(decoder, [id], { cache, step });
      cache.dispose();
      seen.push(...(await made.logits));
    }
    made.cache.dispose();
    expect(seen.length).toBe(ids.length * vocab);
    const { found, allowed } = compare("logits", Float32Array.from(seen), wanted, fixture.fixture.gap["logits"] ?? 0);
    expect(found).toBeLessThanOrEqual(allowed);
  });

  test("frees all that a forward makes, and all weights", async () => {
    const checkpoint = await openCheckpoint(openFolder(modelFolder(`${family}-lm`)));
    const before = tf.memory().numTensors;
    const { decoder: another } = await uploadModel(checkpoint);
    await checkpoint.close();
    const loaded = tf.memory().numTensors;
    const [ids = []] = fixture.fixture.prompts;
    const made = forward(another, ids, {
      cache: KvCache.empty(1),
      step: prefillStep(frameOf([ids]), [groupOf([0])]),
    });
    await made.logits;
    made.cache.dispose();
    expect(tf.memory().numTensors).toBe(loaded);
    another.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("the sites of each family are its own", () => {
  const of = (family: "llama" | "gpt2" | "qwen2"): SiteName[] => allSites({ layers: 2, family });
  expect(of("qwen2")).toEqual(of("llama"));
  const only = (a: SiteName[], b: SiteName[]): string[] =>
    a.filter((site) => !b.includes(site) && !site.includes(".1."));
  expect(only(of("gpt2"), of("llama"))).toEqual([
    "hook_pos_embed",
    "blocks.0.ln1.hook_scale",
    "blocks.0.ln2.hook_scale",
    "ln_final.hook_scale",
  ]);
  expect(only(of("llama"), of("gpt2"))).toEqual([
    "blocks.0.attn.hook_rot_q",
    "blocks.0.attn.hook_rot_k",
    "blocks.0.mlp.hook_pre_linear",
  ]);
});

test.each([
  [
    "blocks.0.attn.hook_rot_q",
    "gpt2",
    /^Site "blocks\.0\.attn\.hook_rot_q": GPT-2 has none such, but LLaMA and Qwen2 have$/,
  ],
  ["blocks.*.mlp.hook_pre_linear", "gpt2", /GPT-2 has none such/],
  ["hook_pos_embed", "llama", /^Site "hook_pos_embed": LLaMA has none such, but GPT-2 has$/],
  ["blocks.1.ln1.hook_scale", "qwen2", /Qwen2 has none such, but GPT-2 has/],
] as const)("%s is refused by the name of %s", (site, family, message) => {
  expect(() => expandSites([site], { layers: 2, family })).toThrow(message);
});
