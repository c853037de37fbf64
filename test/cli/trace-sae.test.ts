/** `codilens trace --sae` gives the answer that SAELens's features give, and writes them into the file. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesFromBytes } from "../../src/index.js";
import { openTensorFile } from "../../src/model/checkpoint/tensor-file.js";
import { modelFolder } from "../support/parity.js";
import { expected, saeFolder } from "../support/sparse-features-suite.js";
import { temporaryFolder } from "../support/temporary.js";

test("a zeroed site of features, by name", async () => {
  const out = join(temporaryFolder("codilens-trace-sae-"), "run.safetensors");
  const { site, cases } = expected.folders.jumprelu as (typeof expected.folders)[string];
  const zeroed = cases.find(({ interventions: [text] }) => text === `zero:${site}.sae@latent`);
  const args = [
    "--model",
    modelFolder("grouped-llama3"),
    "--sae",
    saeFolder("jumprelu"),
    "--question",
    expected.question,
  ];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      ...["scripts/codilens.mjs", "trace", ...args, "--intervene", `zero:${site}.sae@latent`],
      ...["--max-new-tokens", `${expected.tokens}`, "--capture", `${site}.sae`, "--out", out, "--json"],
    ],
    { encoding: "utf8" },
  );
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout).tokens.answer).toEqual(zeroed?.answer);
  const file = await openTensorFile(filesFromBytes("out", { "run.safetensors": readFileSync(out) }), "run.safetensors");
  expect(file.tensors.get(`${site}.sae`)?.shape[1]).toBe(40);
  expect(JSON.parse(file.metadata.axes ?? "")[`${site}.sae`]).toEqual(["position", "feature"]);
});
