/** Over a prompt, every hook point that TransformerLens 4 has under the same name holds the same numbers. */
// @needs engine

import { describe, expect, test } from "vitest";
import { allSites, CodiModel, type SiteName } from "../../src/index.js";
import { widened } from "../../src/model/tensor/floats.js";
import { compare, type Fixture, lowerTriangles, modelFolder, openFixture, readJson } from "../support/parity.js";

interface LensFixture {
  readonly question: string;
  readonly models: Record<string, Pick<Fixture, "prompt" | "gap">>;
}

const FILES = [
  { file: "transformer-lens", base: null },
  { file: "transformer-lens-gpt2", base: "gpt2-base" },
] as const;
const cases = FILES.flatMap(({ file, base }) => {
  const { question, models } = readJson<LensFixture>(file);
  return Object.entries(models).map(([name, { prompt, gap }]) => ({ name, file, base, question, prompt, gap }));
});

/** A site's values at the first `prompt` positions. */
function overPrompt(site: string, data: Float32Array, shape: readonly number[], prompt: number): Float32Array {
  const [, first = 0, positions = 0, keys = 0] = shape;
  if (!/attn_scores|pattern/.test(site)) return data.slice(0, (data.length / first) * prompt);
  const square = data.filter((_, i) => i % keys < prompt && Math.floor(i / keys) % positions < prompt);
  return site.endsWith("attn_scores") ? lowerTriangles(square, [1, first, prompt, prompt]) : square;
}

describe.each(cases)("$name", ({ name, file: path, base, question, prompt, gap }) => {
  test("our captures over question and BOT equal TransformerLens's", async () => {
    using model = await CodiModel.load(modelFolder(name), base === null ? {} : { base: modelFolder(base) });
    const file = await openFixture(path);
    const sites = Object.keys(gap) as SiteName[];
    const result = await model.run(question, { capture: sites, maxNewTokens: 1 });
    expect(result.promptIds).toEqual(prompt);
    for (const site of sites) {
      const { data, shape } = result.captures.get(site);
      const ours = overPrompt(site, data, shape, prompt.length);
      const { found, allowed } = compare(site, ours, widened(await file.read(`${name}/${site}`)), gap[site] ?? 0);
      expect({ site, within: found <= allowed, found, allowed }).toMatchObject({ within: true });
    }
  });

  test("only the logits and the latents' sites have no namesake", () => {
    const family = base === null ? "llama" : "gpt2";
    const without = allSites({ layers: 3, family }).filter((site) => !Object.hasOwn(gap, site));
    expect(without.sort()).toEqual(
      ["hook_logits", "latents.hook_hidden", "latents.hook_input", "prj.hook_post", "prj.hook_pre"].sort(),
    );
  });
});
