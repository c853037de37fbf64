/** Short runs of `npm run ground-truth`: what was planted in the embedded models is found, on few problems. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Summary } from "../../src/analysis/index.js";
import { temporaryFolder } from "../support/temporary.js";
import { type Check, embeddedChecks, otherChecks } from "./checks.js";

/** An experiment on 24 problems. */
function summaryOf(...args: readonly string[]): Summary {
  const out = join(temporaryFolder("codilens-planted-"), "out");
  const more = ["--problems", "24", "--no-control-model", "--no-progress", "--json", "--out", out];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/codilens.mjs", "experiment", ...args, ...more],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return (JSON.parse(stdout) as { summary: Summary }).summary;
}

function missed(checks: readonly Check[]): string[] {
  return checks.filter(({ holds }) => !holds).map(({ planted, found }) => `${planted}: ${found}`);
}

test("token ablation, lens, chains, budget and residual find what was planted, and the controls change nothing", () => {
  const checks = embeddedChecks(summaryOf("--study", "token-ablation,lens,verified,budget,residual", "--layers", "8"));
  expect(new Set(checks.map(({ study }) => study))).toEqual(
    new Set(["token-ablation", "lens", "verified", "budget", "residual", "controls"]),
  );
  // Without any latent the model solves short problems from the question and BOT again: docs/ground-truth.md says so.
  expect(missed(checks)).toEqual([expect.stringMatching(/^without a latent no answer/)]);
});

test.each([
  ["tiny-coconut", ["token-ablation", "token-ablation", "lens", "lens"]],
  ["tiny-coconut-pause", ["token-ablation", "lens", "lens"]],
  ["tiny-pause", ["token-ablation", "lens", "lens"]],
])("%s runs by its name alone, and what was planted in it is found", (name, studies) => {
  const checks = otherChecks(summaryOf("--model", name, "--study", "token-ablation,lens", "--no-controls"));
  expect(checks.map(({ study }) => study)).toEqual(studies);
  expect(missed(checks)).toEqual([]);
});
