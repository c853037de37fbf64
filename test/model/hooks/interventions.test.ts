// @needs engine

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatIntervention,
  type Intervention,
  interventionSchema,
  type Operation,
  parseAddress,
  parseIntervention,
  type Scope,
} from "../../../src/index.js";

describe("parseIntervention()", () => {
  test.each([
    "zero:blocks.8.hook_resid_post@latent.2",
    "mean:blocks.0.attn.hook_z@latent.1,latent.3!pin",
    "resample:latents.hook_input@latent.0",
    "noise(0.5):blocks.8.hook_mlp_out@all",
    "shuffle:blocks.8.hook_resid_post@latent",
    "add(direction):blocks.8.hook_resid_post@eot",
    "scale(-1.5):blocks.8.hook_resid_post@question.3",
    "replace(other):prj.hook_post@latent.5",
    "knockout(eot→latent.2):blocks.8.attn.hook_pattern@eot",
    "knockout(answer.0→question,raw):blocks.*.attn.hook_pattern@answer.0",
    "add(direction,2):blocks.8.hook_resid_post@latent",
    "add(direction,-0.5):blocks.8.hook_resid_post[dims.0-15+40]@latent!pin",
    "patch(counterfactual,head.3):blocks.8.attn.hook_z@latent",
    "patch(counterfactual):blocks.8.attn.hook_z[head.3,dims.2]@latent",
    "project(out,basis):blocks.8.hook_resid_post@latent.1,eot",
    "project(onto,basis):blocks.8.attn.hook_z[head.0]@all",
    "swap(basis,counterfactual):blocks.8.hook_resid_post@latent.2",
    "zero:blocks.8.attn.hook_pattern[head.3,keys.latent.0+question]@eot",
  ])("reads %s and writes it back", (text) => {
    const data = parseIntervention(text);
    expect(formatIntervention(data)).toBe(text);
    expect(interventionSchema.parse(JSON.parse(JSON.stringify(data)))).toEqual(data);
  });

  test.each([
    ["zero", "has not the form"],
    ["zero:blocks.8.hook_resid_post", "address after @ is missing"],
    ["zero(1):blocks.8.hook_resid_post@bot", "takes no argument"],
    ["noise(-1):hook_embed@bot", "not usable"],
    ["noise:hook_embed@bot", "not usable"],
    ["erase:hook_embed@bot", "unknown operation"],
    ["knockout(eot):blocks.8.attn.hook_pattern@eot", "from→to"],
    ["knockout(eot→bot):blocks.8.attn.hook_pattern@bot", "acts where its query is"],
    ["zero:hook_embed@latent.x", "Unknown address"],
    ["add:hook_embed@bot", "add needs a reference"],
    ["add(v,2,3):hook_embed@bot", "a name and one number"],
    ["project(basis):hook_embed@bot", "out or onto"],
    ["swap(basis):hook_embed@bot", "a subspace and of a run"],
    ["zero:hook_embed[]@bot", '"" is no scope'],
    ["zero:hook_embed[heads.3]@bot", '"heads.3" is no scope'],
    ["zero:hook_embed[head.3,head.4]@bot", "head is given twice"],
    ["zero:hook_embed[head.x]@bot", '"x" is no number'],
    ["zero:hook_embed[dims.3-1]@bot", '"3-1" is no range'],
    ["zero:hook_embed[dims.1-2-3]@bot", "is no range"],
    ["zero:hook_embed[dims.0,4]@bot", "is no scope"],
    ["zero:hook_embed[keys.eos]@bot", "Unknown address"],
  ])("refuses %s", (text, why) => {
    expect(() => parseIntervention(text)).toThrow(why);
  });
});

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0));
const name = fc.stringMatching(/^[\w-]{1,12}$/);
const index = fc.nat(200);
const address = fc.oneof(
  fc.constantFrom("bot", "eot", "all", "question", "latent", "answer"),
  fc.tuple(fc.constantFrom("question", "latent", "answer"), index).map(([part, i]) => `${part}.${i}`),
);
const addresses = fc.array(address, { minLength: 1, maxLength: 4 });
const keys = addresses.map((some) => some.join("+"));

const operations: { readonly [K in Operation["kind"]]: fc.Arbitrary<Extract<Operation, { kind: K }>> } = {
  zero: fc.constant({ kind: "zero" }),
  mean: fc.constant({ kind: "mean" }),
  resample: fc.constant({ kind: "resample" }),
  shuffle: fc.constant({ kind: "shuffle" }),
  random: fc.constant({ kind: "random" }),
  noise: fc.record({ kind: fc.constant("noise"), sigma: number.filter((x) => x > 0) }),
  scale: fc.record({ kind: fc.constant("scale"), factor: number }),
  add: fc.record({ kind: fc.constant("add"), ref: name, scale: number }, { requiredKeys: ["kind", "ref"] }),
  replace: fc.record({ kind: fc.constant("replace"), ref: name }),
  patch: fc.record({ kind: fc.constant("patch"), from: name, head: fc.option(index) }),
  knockout: fc.record({ kind: fc.constant("knockout"), from: address, to: keys, renormalise: fc.boolean() }),
  project: fc.record({ kind: fc.constant("project"), how: fc.constantFrom("out", "onto"), ref: name }),
  swap: fc.record({ kind: fc.constant("swap"), ref: name, from: name }),
};
const scope: fc.Arbitrary<Scope> = fc
  .record(
    { head: index, dims: fc.uniqueArray(index, { minLength: 1 }).map((dims) => dims.sort((a, b) => a - b)), keys },
    { requiredKeys: [] },
  )
  .filter((some) => Object.keys(some).length > 0);

describe("every operation in every scope", () => {
  test.each(Object.entries(operations))("%s: text and data say the same", (_, operation) => {
    const given = fc.record(
      {
        operation,
        site: fc.constantFrom("blocks.8.attn.hook_z", "blocks.*.hook_resid_post", "latents.hook_input"),
        addresses,
        downstream: fc.constantFrom("propagate", "pin"),
        scope,
      },
      { requiredKeys: ["operation", "site", "addresses", "downstream"] },
    ) as fc.Arbitrary<Intervention>;
    fc.assert(
      fc.property(given, (made) => {
        const data = made.operation.kind === "knockout" ? { ...made, addresses: [made.operation.from] } : made;
        expect(interventionSchema.parse(data)).toEqual(data);
        expect(parseIntervention(formatIntervention(data))).toEqual(data);
      }),
    );
  });

  test("data that could not be told apart as text is refused", () => {
    const data = { operation: { kind: "add", ref: "v,2" }, site: "hook_embed", addresses: ["bot"], downstream: "pin" };
    expect(interventionSchema.safeParse(data).success).toBe(false);
    for (const wrong of [
      {},
      { dims: [] },
      { dims: [2, 1] },
      { dims: [1, 1] },
      { head: -1 },
      { keys: "eos" },
      { heads: 1 },
    ]) {
      const zeroed = { ...data, operation: { kind: "zero" }, scope: wrong };
      expect([wrong, orThrown(() => interventionSchema.safeParse(zeroed).success)]).toEqual([wrong, false]);
    }
  });
});

/** What it gives, or false where it throws. */
function orThrown(run: () => boolean): boolean {
  try {
    return run();
  } catch {
    return false;
  }
}

describe("parseAddress()", () => {
  test.each(["question.01", "latent.-1", "bot.0", "answers.1", ""])("refuses %s", (text) => {
    expect(() => parseAddress(text)).toThrow("Unknown address");
  });
});
