/** A sparse autoencoder's features as a site: SAELens's numbers, what is refused, and what is left behind. */
// @needs engine

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { at, CodiModel, filesFromBytes, hook, loadSae, readSae, tf } from "../../../src/index.js";
import { openSafetensors } from "../../../src/model/checkpoint/safetensors.js";
import { writeSafetensors } from "../../../src/model/checkpoint/write-safetensors.js";
import { mostCellsFor } from "../../../src/model/latent/plan/packing.js";
import { saeConfig } from "../../../src/model/latent/sae/sae-config.js";
import { widened } from "../../../src/model/tensor/floats.js";
import { modelFolder } from "../../support/parity.js";
import { expected, saeFolder, sparseFeaturesSuite } from "../../support/sparse-features-suite.js";
import { loadTiny } from "../../support/tiny.js";

sparseFeaturesSuite("native");

const SITE = "blocks.1.hook_resid_post";
const FEATURES = `${SITE}.sae` as const;
const cfg = JSON.parse(readFileSync(`${saeFolder("standard")}/cfg.json`, "utf8")) as Record<string, unknown>;
const metadata = cfg.metadata as Record<string, unknown>;
const loaded = CodiModel.load(modelFolder("grouped-llama3"));
const sae = loaded.then(() => loadSae(saeFolder("standard")));
const folder = mkdtempSync(join(tmpdir(), "sae-"));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  (await sae).dispose();
  (await loaded).dispose();
});

describe("features as a site", () => {
  test("are seen by a callback, matched by a glob, and read with an axis of their own", async () => {
    const model = await loaded;
    const seen: number[][] = [];
    const look = hook(FEATURES, at.latent(2), (x) => void seen.push(x.shape));
    const run = await model.run(expected.question, {
      saes: [await sae],
      hooks: [look],
      capture: ["blocks.*.hook_resid_post.sae"],
    });
    expect(seen).toEqual([[1, 1, 40]]);
    expect(run.captures.sites).toEqual([FEATURES]);
    expect(run.captures.at(FEATURES, at.latent()).axes).toEqual(["position", "feature"]);
    expect(run.captures.at("blocks.*.hook_resid_post.sae", at.eot).axes).toEqual(["layer", "feature"]);
  });

  test("of a mean over one other question are that question's", async () => {
    const model = await loaded;
    const options = { saes: [await sae], capture: [FEATURES], maxNewTokens: 2 };
    const other = await model.run(expected.source, options);
    const mean = await model.run(expected.question, {
      ...options,
      interventions: [`mean:${FEATURES}@latent.1`],
      reference: [expected.source],
    });
    const values = (run: typeof other): Float32Array => run.captures.at(FEATURES, at.latent(1)).data;
    expect(values(mean)).toEqual(values(other));
  });

  test("leave no tensor, and share the limits of a batch", async () => {
    const model = await loaded;
    const given = await sae;
    const run = (): Promise<unknown> =>
      model.run(expected.question, {
        saes: [given],
        capture: [FEATURES],
        interventions: [`zero:${FEATURES}[dims.3]@latent`],
      });
    await run();
    const before = tf.memory().numTensors;
    await run();
    await given.direction(3);
    (await loadSae(saeFolder("topk"))).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(mostCellsFor(model.config, 2 ** 16)).toBeLessThan(mostCellsFor(model.config) / 10);
    const run2 = model.run(expected.question, { saes: [given], capture: [FEATURES], captureBudgetBytes: 1000 });
    await expect(run2).rejects.toThrow(/^Capturing 1 sites of 1 rows could take/);
  });

  test("are those of the site that a caller names, and of bytes", async () => {
    const given = await loadSae(saeFolder("old"), { site: "blocks.2.hook_resid_post" });
    expect(given.site.name).toBe("blocks.2.hook_resid_post.sae");
    given.dispose();
    const bytes = ["cfg.json", "sae_weights.safetensors"].map((file) => [
      file,
      new Uint8Array(readFileSync(`${saeFolder("jumprelu")}/${file}`)),
    ]);
    const ofBytes = await readSae(filesFromBytes("mine", Object.fromEntries(bytes)));
    expect([ofBytes.name, ofBytes.of]).toEqual(["mine", "blocks.2.hook_resid_pre"]);
    ofBytes.dispose();
  });
});

describe("what is refused", () => {
  test("a site without its autoencoder, and what is none", async () => {
    const model = await loaded;
    const zeroed = [`zero:${FEATURES}@latent`];
    await expect(model.run("a", { interventions: zeroed })).rejects.toThrow(
      `Site "${FEATURES}" needs a sparse autoencoder, and the run was given none`,
    );
    await expect(model.run("a", { saes: [await sae], capture: ["blocks.2.hook_resid_post.sae"] })).rejects.toThrow(
      `and the run was given those of ${FEATURES}`,
    );
    await expect(model.run("a", { capture: ["blocks.*.hook_resid_mid.sae"] })).rejects.toThrow(
      "the run was given none",
    );
    await expect(model.run("a", { saes: ["x" as never] })).rejects.toThrow('saes[0] is "x", wanted an autoencoder');
  });

  test("derivatives, in words that say what to do instead", async () => {
    const model = await loaded;
    const of = { kind: "logit", position: "eot", token: 7 } as const;
    const sentence = `Site "${FEATURES}" has no derivative: autoencoders belong to runs`;
    const here = { at: [SITE] };
    const direction = new Float32Array(40);
    for (const call of [
      model.gradient("a", { of, at: [FEATURES] }),
      model.gradient("a", { of, ...here, interventions: [`zero:${FEATURES}@latent`] }),
      model.gradient("a", { of: { kind: "dot", site: FEATURES, address: at.eot, vector: direction }, ...here }),
      model.jvp("a", { along: [{ site: FEATURES, address: at.eot, direction }], ...here }),
    ])
      await expect(call).rejects.toThrow(sentence);
  });

  test("an autoencoder of another model, two at one site, a feature that there is not, and a disposed one", async () => {
    const model = await loaded;
    const tiny = await loadTiny();
    const given = await sae;
    const other = await loadSae(saeFolder("topk"));
    const deep = await loadSae(saeFolder("standard"), { site: "blocks.7.hook_resid_post" });
    await expect(tiny.run("a", { saes: [given] })).rejects.toThrow(
      /trained on grouped-llama3 reads 32 numbers, .*tiny-codi has dModel 64/,
    );
    await expect(model.run("a", { saes: [deep] })).rejects.toThrow(
      /reads blocks\.7\.hook_resid_post, .* has blocks 0 to 2/,
    );
    await expect(model.run("a", { saes: [given, other] })).rejects.toThrow(`Two autoencoders stand at ${SITE}`);
    const outside = { saes: [given], interventions: [`zero:${FEATURES}[dims.40]@latent`] };
    await expect(model.run("a", outside)).rejects.toThrow("dimension 40 is out of range");
    await expect(given.direction(40)).rejects.toThrow(/^Feature 40 of /);
    using wide = tf.zeros([2, 64]);
    expect(() => given.encode(wide)).toThrow(/was given \[2, 64\], wanted a last axis of 32/);
    for (const each of [other, deep]) each.dispose();
    await expect(model.run("a", { saes: [other] })).rejects.toThrow("was disposed");
    tiny.dispose();
  });

  test.each([
    [{ architecture: "gated" }, 'architecture is "gated"; those that are read: standard, jumprelu, topk'],
    [{ architecture: undefined }, "architecture is missing"],
    [{ architecture: "topk" }, "k is missing; wanted a whole number of at least 1"],
    [{ d_sae: 0 }, "d_sae is 0"],
    [{ normalize_activations: "covariance_whitening" }, 'normalize_activations is "covariance_whitening"'],
    [{ reshape_activations: "hook_z" }, 'reshape_activations is "hook_z"'],
    [
      { metadata: { ...metadata, hook_name: "blocks.1.hook_mlp_out" } },
      'was trained on "blocks.1.hook_mlp_out", wanted blocks.L.hook_resid_pre',
    ],
    [{ metadata: { ...metadata, hook_name: undefined } }, "names no site (hook_name)"],
    [{ metadata: { ...metadata, hook_head_index: 2 } }, "hook_head_index is 2; a residual site has no heads"],
    [{ metadata: { ...metadata, hook_layer: 2 } }, 'hook_layer is 2; hook_name is "blocks.1.hook_resid_post"'],
    [
      { metadata: undefined, hook_name: SITE, activation_fn_str: "tanh-relu" },
      'activation_fn_str is "tanh-relu"; wanted',
    ],
  ])("a configuration with %j", (changed, message) => {
    expect(() => saeConfig({ ...cfg, ...changed }, "cfg.json")).toThrow(message);
  });

  test("a folder without its files, and weights that are missing, of another shape, not finite, or too many", async () => {
    await expect(loadSae(folder)).rejects.toThrow(`${folder} has no cfg.json, wanted a SAELens folder`);
    cpSync(saeFolder("standard"), folder, { recursive: true });
    const file = await openSafetensors(
      await filesFromBytes("s", { w: new Uint8Array(readFileSync(`${folder}/sae_weights.safetensors`)) }).open("w"),
    );
    const whole = await Promise.all(
      [...file.tensors.values()].map(async ({ name, shape }) => ({
        name,
        shape,
        dtype: "F32" as const,
        data: widened(await file.read(name)),
      })),
    );
    const write = (tensors: typeof whole): void =>
      writeFileSync(`${folder}/sae_weights.safetensors`, writeSafetensors(tensors));
    write(whole.filter(({ name }) => name !== "b_dec"));
    await expect(loadSae(folder)).rejects.toThrow(/has no tensor "b_dec", which architecture standard has/);
    write(whole.map((each) => (each.name === "b_enc" ? { ...each, shape: [20, 2] } : each)));
    await expect(loadSae(folder)).rejects.toThrow(/tensor "b_enc" has shape \[20, 2\], wanted \[40\]/);
    write([...whole, { name: "r_mag", shape: [1], dtype: "F32", data: Float32Array.of(1) }]);
    await expect(loadSae(folder)).rejects.toThrow(/has a tensor "r_mag" that architecture standard does not have/);
    write(whole.map((each) => (each.name === "W_dec" ? { ...each, data: each.data.with(5, Number.NaN) } : each)));
    const before = tf.memory().numTensors;
    await expect(loadSae(folder)).rejects.toThrow(/tensor "W_dec" holds a number that is not finite at element 5/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
