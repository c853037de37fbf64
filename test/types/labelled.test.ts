/** Axes are types: what is read of a site has the axes that follow from site and address, and other axes do not compile. */
// @needs engine

import { expect, expectTypeOf, test } from "vitest";
import {
  type Address,
  at,
  type Captures,
  hook,
  LabelledTensor,
  type PointAddress,
  type Runs,
  type SiteName,
  type SpanAddress,
} from "../../src/index.js";

// Never called: only its types are looked at.
function read(captures: Captures, runs: Runs, { site, address }: { site: SiteName; address: Address }) {
  return {
    one: captures.at("blocks.8.hook_resid_post", at.latent(2)),
    byText: captures.at("blocks.8.hook_resid_post", "latent.2"),
    several: captures.at("blocks.8.hook_resid_post", at.latent()),
    pattern: captures.at("blocks.8.attn.hook_pattern", at.all),
    query: captures.at("blocks.8.attn.hook_pattern", at.eot, { keys: at.latent() }),
    key: captures.at("blocks.8.attn.hook_pattern", at.beforeNumber, { keys: at.bot }),
    layers: captures.at("blocks.*.attn.hook_z", "bot"),
    latent: captures.at("latents.hook_input", at.latent(1)),
    latents: captures.at("latents.hook_input", "latent"),
    anyAddress: captures.at("blocks.8.hook_resid_post", address),
    anySite: captures.at(site as string, at.bot),
    runs: runs.at("blocks.8.hook_resid_post", at.latent(2)),
    run: runs.at(0),
  };
}
type Read = ReturnType<typeof read>;
type AxesIn<T> = T extends LabelledTensor<infer Axes> ? Axes : never;

test("axes follow from site and address", () => {
  expectTypeOf<AxesIn<Read["one"]>>().toEqualTypeOf<readonly ["dModel"]>();
  expectTypeOf<AxesIn<Read["byText"]>>().toEqualTypeOf<readonly ["dModel"]>();
  expectTypeOf<AxesIn<Read["several"]>>().toEqualTypeOf<readonly ["position", "dModel"]>();
  expectTypeOf<AxesIn<Read["pattern"]>>().toEqualTypeOf<readonly ["heads", "query", "key"]>();
  expectTypeOf<AxesIn<Read["query"]>>().toEqualTypeOf<readonly ["heads", "key"]>();
  expectTypeOf<AxesIn<Read["key"]>>().toEqualTypeOf<readonly ["heads"]>();
  expectTypeOf<AxesIn<Read["layers"]>>().toEqualTypeOf<readonly ["layer", "heads", "dHead"]>();
  expectTypeOf<AxesIn<Read["latent"]>>().toEqualTypeOf<readonly ["dModel"]>();
  expectTypeOf<AxesIn<Read["latents"]>>().toEqualTypeOf<readonly ["latent", "dModel"]>();
  expectTypeOf<AxesIn<Read["anyAddress"]>>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<AxesIn<Read["anySite"]>>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<AxesIn<Read["runs"]>>().toEqualTypeOf<readonly ["run", "dModel"]>();
  expectTypeOf<Read["run"]>().toEqualTypeOf<Runs[number] | undefined>();
  expectTypeOf(at.latent(2)).toEqualTypeOf<PointAddress>();
  expectTypeOf(at.latent()).toEqualTypeOf<SpanAddress>();
  expectTypeOf<PointAddress | SpanAddress>().toExtend<Address>();
  expect(read).toHaveLength(3);
});

test("axes that are mixed do not compile, and neither do those that are not there", () => {
  const data = Float32Array.of(1, 2);
  const vector = new LabelledTensor({ axes: ["dModel"], shape: [2], data });
  const heads = new LabelledTensor({ axes: ["heads"], shape: [2], data });
  const table = new LabelledTensor({ axes: ["run", "dModel"], shape: [1, 2], data });
  expectTypeOf<AxesIn<typeof table>>().toEqualTypeOf<readonly ["run", "dModel"]>();
  const spelt: LabelledTensor<["run", "dModel"]> = table;
  expectTypeOf(table.at("run", 0)).toEqualTypeOf<LabelledTensor<readonly ["dModel"]>>();
  expectTypeOf(table.minus(vector)).toEqualTypeOf<LabelledTensor<readonly ["run", "dModel"]>>();
  expectTypeOf(LabelledTensor.stack([table], "kind")).toEqualTypeOf<
    LabelledTensor<readonly ["kind", "run", "dModel"]>
  >();
  expectTypeOf(table.norm("dModel").mean("run").toNumber()).toEqualTypeOf<number>();
  // @ts-expect-error: heads are no dModel
  expect(() => vector.minus(heads)).toThrow("do not fit");
  // @ts-expect-error: the other has an axis more
  expect(() => vector.minus(table)).toThrow("do not fit");
  // @ts-expect-error: no such axis
  expect(() => vector.mean("run")).toThrow('No axis "run"');
  // @ts-expect-error: the axis is gone
  expect(() => table.mean("run").at("run", 0)).toThrow('No axis "run"');
  // @ts-expect-error: an axis is left
  expect(() => table.mean("run").toNumber()).toThrow("is not one number");
  // @ts-expect-error: a vector is no table
  const wrong: LabelledTensor<["run", "dModel"]> = vector;
  // @ts-expect-error: where the number stands is known after the run
  expect(() => hook("blocks.8.hook_resid_post", at.number, () => undefined)).toThrow("known after the run");
  expect([spelt, wrong]).toHaveLength(2);
});
