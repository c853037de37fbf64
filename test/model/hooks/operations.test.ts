/** Operations as functions: their texts, the names of what they hold, and one sentence for each wrong call. */
// @needs engine

import { describe, expect, test } from "vitest";
import * as api from "../../../src/index.js";

const { add, at, formatIntervention, knockout, noise, patch, project, replace, resample, scale, site, swap, zero } =
  api;
const { mean, random, shuffle } = api;

const run = (fill: number): api.SourceRun => ({
  question: "How many?",
  captures: {
    sites: ["blocks.8.hook_resid_post"],
    get: (name) => {
      if (name !== "blocks.8.hook_resid_post") throw new api.UsageError(`Site "${name}" was not captured in this run`);
      return { shape: [1, 2, 2], data: new Float32Array(4).fill(fill) };
    },
  },
  layout: { names: ["bot", "latent.0"], parts: { latents: 1 }, describe: () => "bot, latent.0" },
});
const stream = site.block(8).residPost;
const z = site.block(8).attn.z;

test("text, data and functions say the same", () => {
  const made: [api.Intervention, string][] = [
    [zero(stream, at.latent(2)), "zero:blocks.8.hook_resid_post@latent.2"],
    [zero(z, at.latent(2), { head: 3 }), "zero:blocks.8.attn.hook_z[head.3]@latent.2"],
    [
      zero(z, "latent.2", { head: 0, dims: [3, 1, 2, 2], pin: true }),
      "zero:blocks.8.attn.hook_z[head.0,dims.1-3]@latent.2!pin",
    ],
    [
      scale(site.block(8).attn.pattern, at.eot, { by: 0, keys: [at.latent(0), "latent.1"] }),
      "scale(0):blocks.8.attn.hook_pattern[keys.latent.0+latent.1]@eot",
    ],
    [mean(site.everyBlock.mlpOut, [at.latent(), at.eot]), "mean:blocks.*.hook_mlp_out@latent,eot"],
    [resample(site.latents.input, ["latent.0", "latent.1"]), "resample:latents.hook_input@latent.0,latent.1"],
    [random(stream, "all"), "random:blocks.8.hook_resid_post@all"],
    [shuffle(stream, at.latent()), "shuffle:blocks.8.hook_resid_post@latent"],
    [noise(stream, at.bot, { sigma: 0.5 }), "noise(0.5):blocks.8.hook_resid_post@bot"],
    [
      knockout(site.block(8).attn.pattern, at.eot, { keys: at.latent(2) }),
      "knockout(eot→latent.2):blocks.8.attn.hook_pattern@eot",
    ],
    [
      knockout(site.block(8).attn.pattern, at.eot, { keys: "latent", raw: true, head: 3 }),
      "knockout(eot→latent,raw):blocks.8.attn.hook_pattern[head.3]@eot",
    ],
    [add(stream, at.latent(), { vector: "dir", scale: 2 }).intervention, "add(dir,2):blocks.8.hook_resid_post@latent"],
    [replace(stream, at.latent(), { by: "state" }).intervention, "replace(state):blocks.8.hook_resid_post@latent"],
    [patch(z, at.latent(), { run: "other", head: 3 }).intervention, "patch(other,head.3):blocks.8.attn.hook_z@latent"],
    [project(stream, at.latent(), { out: "basis" }).intervention, "project(out,basis):blocks.8.hook_resid_post@latent"],
    [
      project(stream, at.latent(), { onto: "basis" }).intervention,
      "project(onto,basis):blocks.8.hook_resid_post@latent",
    ],
    [
      swap(stream, at.latent(), { subspace: "basis", run: "other" }).intervention,
      "swap(basis,other):blocks.8.hook_resid_post@latent",
    ],
  ];
  for (const [data, text] of made) {
    expect(formatIntervention(data)).toBe(text);
    expect(api.parseIntervention(text)).toEqual(data);
  }
  expect(new Set(made.map(([data]) => data.operation.kind)).size).toBe(13);
});

describe("what an intervention holds", () => {
  const refOf = ({ intervention: { operation } }: api.BoundIntervention): string =>
    "ref" in operation ? operation.ref : "";

  test("is named by its content: equal numbers have one name, others another", () => {
    const names = [[1, 2], new Float32Array([1, 2]), { shape: [2], data: new Float32Array([1, 2]) }].map((vector) =>
      refOf(add(stream, at.bot, { vector })),
    );
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toMatch(/^vector-[\da-f]{16}$/);
    // The signs of two numbers, two numbers exchanged, and the same ones in another shape.
    const others: api.Numbers[] = [[-1, -2], [2, 1], [[1, 2]], [[1], [2]], [1, 2, 0]];
    expect(new Set([...names, ...others.map((vector) => refOf(add(stream, at.bot, { vector })))]).size).toBe(6);
  });

  test("brings its values along in their shape", () => {
    const made = project(stream, at.bot, {
      out: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect(made.values).toEqual({ [refOf(made)]: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } });
  });

  test("is a run named by what it captured there", () => {
    const from = (given: api.SourceRun): string => Object.keys(patch(stream, at.bot, { run: given }).sources)[0] ?? "";
    expect(from(run(1))).toBe(from(run(1)));
    expect(from(run(1))).not.toBe(from(run(2)));
    expect(from(run(1))).toMatch(/^run-[\da-f]{16}$/);
    const swapped = swap(stream, at.bot, { run: run(1), subspace: [1, 0] });
    expect([Object.keys(swapped.sources), Object.keys(swapped.values)].map((names) => names.length)).toEqual([1, 1]);
  });
});

describe("a wrong call", () => {
  const wrong = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      if (error instanceof api.UsageError) return `${error.message}; ${error.hint}`;
      throw error;
    }
    return "nothing was wrong";
  };
  const unchecked = api as unknown as Readonly<Record<string, (...given: unknown[]) => unknown>>;

  test.each<[string, unknown[], RegExp]>([
    ["zero", [stream, at.latent], /^at\.latent was given as address and not called; write at\.latent\(\)/],
    ["zero", [stream, Math.max], /^A function was given as address/],
    ["zero", [stream, "latents.2"], /^Unknown address "latents\.2"/],
    ["zero", [stream], /^undefined is no address/],
    ["zero", [stream, 2], /^2 is no address/],
    ["zero", [stream, { part: "latents", index: 2 }], /is no address; write at\.latent\(2\)/],
    ["zero", [stream, { part: "latent", index: -2 }], /^Unknown address "latent\.-2"/],
    ["zero", [stream, []], /the list is empty/],
    ["zero", [undefined, at.bot], /^zero: the site is missing; write site\.block\(8\)\.residPost/],
    ["zero", [site.block(8), at.bot], /^zero: the site is an object of another kind/],
    [
      "zero",
      ["blocks.8.hook_resid_pots", at.bot],
      /^Unknown site "blocks\.8\.hook_resid_pots"; nearest names: blocks\.L\.hook_resid_post/,
    ],
    ["zero", [z, at.bot, { heads: 3 }], /^zero has no option "heads"; did you mean head\?/],
    ["zero", [z, at.bot, { by: 3 }], /^zero has no option "by"/],
    ["zero", [z, at.bot, 3], /^zero: the options are a number; pass an object/],
    ["zero", [z, at.bot, { head: "3" }], /^zero: scope\.head/],
    ["zero", [z, at.bot, { dims: [1.5] }], /^zero: scope\.dims/],
    ["zero", [z, at.bot, { dims: 3 }], /^zero: scope\.dims/],
    ["scale", [stream, at.bot], /^scale: the options are missing; pass an object, such as \{ by: … \}/],
    ["scale", [stream, at.bot, { factor: 2 }], /^scale has no option "factor"/],
    ["scale", [stream, at.bot, { by: "2" }], /^scale: by is "2", wanted a number/],
    ["noise", [stream, at.bot, { sigma: 0 }], /^noise: operation\.sigma/],
    ["noise", [stream, at.bot, { sigma: Number.NaN }], /^noise: sigma is NaN, wanted a number/],
    ["add", [stream, at.bot, { vector: undefined }], /^add: vector is missing, wanted numbers/],
    ["add", [stream, at.bot, { vector: ["a"] }], /^add: vector is a list of something else than numbers/],
    ["add", [stream, at.bot, { vector: [[1, 2], [3]] }], /^add: vector is a list of something else/],
    [
      "add",
      [stream, at.bot, { vector: { shape: [3], data: new Float32Array(2) } }],
      /^add: vector has shape \[3\] and 2 numbers, wanted 3/,
    ],
    ["add", [stream, at.bot, { vector: [1], scale: "2" }], /^add: scale is "2", wanted a number/],
    ["patch", [stream, at.bot, {}], /^patch: run is missing, wanted a run/],
    ["patch", [stream, at.bot, { run: [] }], /^patch: run is an empty list/],
    ["patch", [stream, at.bot, { run: { answer: 17 } }], /^patch: run is an object of another kind/],
    [
      "patch",
      [site.block(7).residPost, at.bot, { run: run(1) }],
      /^Site "blocks\.7\.hook_resid_post" was not captured/,
    ],
    ["project", [stream, at.bot, {}], /^project has neither out nor onto/],
    ["project", [stream, at.bot, { out: [1], onto: [1] }], /^project has both out and onto/],
    [
      "knockout",
      [site.block(8).attn.pattern, [at.eot, at.bot], { keys: at.latent() }],
      /^knockout takes one address, found 2/,
    ],
    ["knockout", [site.block(8).attn.pattern, at.eot, {}], /^undefined is no address/],
    [
      "knockout",
      [site.block(8).attn.pattern, at.eot, { keys: at.latent }],
      /^at\.latent was given as address and not called/,
    ],
  ])("%s %#", (name, given, sentence) => {
    expect(wrong(() => unchecked[name]?.(...given))).toMatch(sentence);
  });
});
