/** The hook contract where the engine could break it, run once on each engine. */

import { afterAll, describe, expect, test } from "vitest";
import { allSites, at, CodiModel, type Hook, hook, type RunResult, type SiteName, tf } from "../../src/index.js";
import type { EngineChoice } from "../../src/model/tensor/engine.js";

/** What it is run on. */
export interface HookedModel {
  readonly folder: string;
  readonly question: string;
  readonly maxNewTokens: number;
  /** Also what no engine could break by itself. Default true. */
  readonly isWhole?: boolean;
}

/** @param engine the engine of this test process. */
export function hooksSuite(
  engine: EngineChoice,
  { folder, question, maxNewTokens, isWhole = true }: HookedModel,
): void {
  describe(`${engine}: hooks`, () => {
    const loaded = CodiModel.load(folder, { engine });
    afterAll(async () => (await loaded).dispose());

    const run = async (hooks: Hook[], capture: SiteName[] = ["hook_logits"]): Promise<RunResult> =>
      (await loaded).run(question, { hooks, capture, maxNewTokens });
    const logitsOf = (result: RunResult): number[] => Array.from(result.captures.get("hook_logits").data);
    const lastLogits = async (...hooks: Hook[]): Promise<number[]> => logitsOf(await run(hooks)).slice(-50);

    test("an identity patch at every site and position leaves every logit bit for bit", async () => {
      const clean = await run([]);
      const sites = allSites((await loaded).config.layers).filter((site) => !site.endsWith("hook_result"));
      const patched = await run(
        sites.map((site) =>
          hook(site, site.startsWith("latents") || site.startsWith("prj") ? at.latent() : at.all, (x) => tf.clone(x)),
        ),
      );
      expect(logitsOf(patched)).toEqual(logitsOf(clean));
      expect(patched.fired).toHaveLength(sites.length);
    });

    if (isWhole)
      test("zeroing the last latent at the last block's output changes nothing, at the block before it does", async () => {
        const { config, codi } = await loaded;
        const { layers } = config;
        const zeroed = (block: number): Hook =>
          hook(`blocks.${block}.hook_resid_post`, at.latent(codi.numLatents - 1), (x) => tf.zerosLike(x));
        const clean = await lastLogits();
        expect(await lastLogits(zeroed(layers - 1))).toEqual(clean);
        expect(await lastLogits(zeroed(layers - 2))).not.toEqual(clean);
      });

    test("several hooks on one site run in the order given, each on what the one before gave", async () => {
      const order: string[] = [];
      const set = hook("blocks.1.hook_resid_post", at.bot, (x) => {
        order.push("set");
        return tf.fill(x.shape, 3);
      });
      const double = hook("blocks.1.hook_resid_post", at.bot, (x) => {
        order.push("double");
        return tf.add(tf.mul(x, 2), 1);
      });
      const site = "blocks.1.hook_resid_post";
      const { captures, layout } = await run([set, double], [site]);
      expect(order).toEqual(["set", "double"]);
      const { data, shape } = captures.get(site);
      const width = shape[2] ?? 0;
      const place = layout.indexOf(at.bot);
      expect([...new Set(data.slice(place * width, (place + 1) * width))]).toEqual([7]);
    });

    test.each<[string, Hook, RegExp]>([
      [
        "throws",
        hook("blocks.1.hook_resid_post", at.bot, () => {
          throw new Error("boom");
        }),
        /blocks\.1\.hook_resid_post@bot.*threw: boom/,
      ],
      [
        "returns another shape",
        hook("blocks.1.hook_resid_post", at.bot, () => tf.zeros([1, 1, 3])),
        /returned shape \[1, 1, 3\], wanted \[1, 1, \d+\]/,
      ],
      ["returns NaN", hook("blocks.1.hook_resid_post", at.bot, (x) => tf.fill(x.shape, Number.NaN)), /bot.*NaN/],
    ])("a hook that %s ends the run naming site and address, and nothing leaks", async (_, bad, message) => {
      await loaded;
      const before = tf.memory().numTensors;
      await expect(run([bad])).rejects.toThrow(message);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
