/** Wrong programs do not compile: each `@ts-expect-error` is an error itself when the line below it compiles. */
// @needs engine

import { expect, expectTypeOf, test } from "vitest";
import { type AxesOf, at, hook, type SiteName, type SiteNameOf, type SiteTensor, tf } from "../../src/index.js";

test("axes follow from the site's name, and a misspelt site does not compile", () => {
  expectTypeOf<AxesOf<"blocks.8.attn.hook_pattern">>().toEqualTypeOf<readonly ["batch", "heads", "query", "key"]>();
  expectTypeOf<AxesOf<"blocks.0.hook_resid_post">>().toEqualTypeOf<readonly ["batch", "position", "dModel"]>();
  expectTypeOf<SiteTensor<"blocks.8.attn.hook_pattern">["rank"]>().toEqualTypeOf<tf.Tensor4D["rank"]>();
  const made = hook("blocks.8.attn.hook_pattern", at.eot, (x) => {
    expectTypeOf(x.shape).toEqualTypeOf<[number, number, number, number]>();
    return tf.zerosLike(x);
  });
  // @ts-expect-error: no such site
  const misspelt: SiteName = "blocks.8.hook_resid_pots";
  // @ts-expect-error: a site needs its block
  const blockless: SiteName = "hook_resid_post";
  expect([made.site, misspelt, blockless]).toHaveLength(3);
});

test("a site that a family lacks does not compile where the family is known", () => {
  const turned: SiteNameOf<"llama"> = "blocks.8.attn.hook_rot_q";
  const added: SiteNameOf<"gpt2"> = "hook_pos_embed";
  // @ts-expect-error: GPT-2 turns no queries
  const notTurned: SiteNameOf<"gpt2"> = "blocks.8.attn.hook_rot_q";
  // @ts-expect-error: Qwen2 adds no positions
  const notAdded: SiteNameOf<"qwen2"> = "hook_pos_embed";
  expect(new Set<SiteName>([turned, added, notTurned, notAdded]).size).toBe(2);
});
