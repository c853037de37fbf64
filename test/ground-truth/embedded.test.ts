/** A short run of `npm run ground-truth`: what was planted in the embedded model is found, on few problems. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Summary } from "../../src/analysis/index.js";
import { temporaryFolder } from "../support/temporary.js";
import { embeddedChecks } from "./checks.js";

test("token ablation, lens, budget and residual find what was planted, and the controls change nothing", () => {
  const args = [
    "--study",
    "token-ablation,lens,budget,residual",
    "--problems",
    "24",
    "--layers",
    "8",
    "--no-progress",
    "--json",
  ];
  const out = join(temporaryFolder("codilens-planted-"), "out");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/codilens.mjs", "experiment", ...args, "--out", out],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const { summary } = JSON.parse(stdout) as { summary: Summary };
  const checks = embeddedChecks(summary);
  expect(new Set(checks.map(({ study }) => study))).toEqual(
    new Set(["token-ablation", "lens", "budget", "residual", "controls"]),
  );
  // Without any latent the model solves short problems from the question and BOT again: docs/ground-truth.md says so.
  const missed = checks.filter(({ holds }) => !holds).map(({ planted, found }) => `${planted}: ${found}`);
  expect(missed).toEqual([expect.stringMatching(/^without a latent no answer/)]);
});
