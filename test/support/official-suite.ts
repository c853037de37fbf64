/** Checkpoints that the reasoners' official classes made and ran, beside what they computed; run once on each engine. */

import { describe, expect, test } from "vitest";
import { CodiModel, parseIntervention } from "../../src/index.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { compare, differences, type Fixture, modelFolder, type OpenFixture, readFixture } from "./parity.js";

/** What `official.py` stores beside its tensors. */
interface OfficialFixture extends Fixture {
  /** The base model's folder, for a checkpoint that comes without configuration or tokenizer. */
  readonly base: string | null;
  readonly latents: number;
  /** Float32–float64 gap of the logits with latent 0 zeroed. */
  readonly zeroed_gap: number;
}

/** By name: its protocol, which the checkpoint's own files must be enough to tell; `none` is asked for. */
export const OFFICIAL = {
  "gpt2-codi": "codi",
  "qwen2-codi": "codi",
  "simcot-codi": "codi",
  "latent-tts-codi": "codi",
  "gpt2-coconut": "coconut",
  "llama-coconut": "coconut",
  "simcot-coconut": "coconut",
  "latent-tts-coconut": "coconut",
  "gpt2-pause": "pause",
  "gpt2-stage0": "none",
} as const;

/** A name of those. */
export type OfficialName = keyof typeof OFFICIAL;

const open = (name: OfficialName): Promise<OpenFixture<OfficialFixture>> => readFixture<OfficialFixture>(name);

function load(name: OfficialName, base: string | null, engine: EngineName): Promise<CodiModel> {
  const asked = OFFICIAL[name] === "none" ? ({ protocol: "none" } as const) : {};
  return CodiModel.load(modelFolder(name), { engine, ...asked, ...(base === null ? {} : { base: modelFolder(base) }) });
}

/** How much of it is run. */
interface SuiteSize {
  readonly names?: readonly OfficialName[];
  /** Are answers with a block zeroed compared too? */
  readonly withZeroed?: boolean;
}

/** @param engine the engine of this test process. */
export function officialSuite(
  engine: EngineName,
  { names = Object.keys(OFFICIAL) as OfficialName[], withZeroed = true }: SuiteSize = {},
): void {
  describe.each(names)(`${engine}: %s`, (name) => {
    test("every site that the class computed is within the bound, and prompt and answer are equal", async () => {
      const opened = await open(name);
      using model = await load(name, opened.fixture.base, engine);
      expect(model.protocol).toBe(OFFICIAL[name]);
      const { all, result } = await differences(model, opened);
      expect(result.promptIds).toEqual(opened.fixture.prompt);
      expect(all.filter(({ found, allowed }) => !(found <= allowed))).toEqual([]);
      expect(all.map(({ site }) => site)).toEqual(Object.keys(opened.fixture.gap));
      expect(result.answer.ids).toEqual(opened.fixture.answer);
    });

    if (OFFICIAL[name] === "none" || !withZeroed) return;
    test("a block's output zeroed at each latent gives the class's answers, and its logits", async () => {
      const { fixture, tensor } = await open(name);
      using model = await load(name, fixture.base, engine);
      const conditions = Object.keys(fixture.zeroed).map((k) => ({
        name: k,
        interventions: [parseIntervention(`zero:blocks.${fixture.zero_layer}.hook_resid_post@latent.${k}`)],
      }));
      const options = { maxNewTokens: fixture.max_new_tokens, latents: fixture.latents };
      const [row] = await model.runConditions([fixture.question], conditions, options);
      expect(row?.map(({ answer }) => answer.ids)).toEqual(Object.values(fixture.zeroed));
      expect(row?.length).toBe(fixture.latents);
      const interventions = conditions[0]?.interventions ?? [];
      const { captures, layout, answer } = await model.run(fixture.question, {
        ...options,
        interventions,
        capture: ["hook_logits"],
      });
      const { data, shape } = captures.get("hook_logits");
      const [vocab = 0, from = 0] = [shape[2], layout.length - layout.parts.answer - 1];
      const logits = data.slice(from * vocab, (from + answer.ids.length) * vocab);
      const one = compare("zeroed", logits, await tensor("zeroed.0.logits"), fixture.zeroed_gap);
      expect(one.found).toBeLessThanOrEqual(one.allowed);
    });
  });
}
