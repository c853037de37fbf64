/** `--whole-sample`: studies that take some of a run's problems take all, and such a run is another one. */
// @needs engine

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runHere } from "../../src/experiments/work/run-here.js";
import type { Manifest } from "../../src/records/manifest.js";
import { conditionsOf } from "../../src/studies/index.js";
import { ofEveryProblem } from "../../src/studies/study.js";
import { modelFolder } from "../support/parity.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

// More than `influence` takes.
const PROBLEMS = 26;

interface Kept {
  readonly study: string;
  readonly kept?: Readonly<Record<string, unknown>>;
}

async function ran(
  out: string,
  wholeSample: boolean,
): Promise<{ readonly records: Kept[]; readonly manifest: Manifest }> {
  const options = tinyExperiment(out, PROBLEMS, {
    model: modelFolder("grouped-llama3"),
    layers: [1],
    ablateLayer: 1,
    studies: ["influence"],
    controls: false,
    maxNewTokens: 4,
    ...(wholeSample ? { wholeSample } : {}),
  });
  const { status } = await runHere(options, {
    signal: new AbortController().signal,
    notice: () => undefined,
    progress: () => undefined,
  });
  expect(status).toBe("complete");
  const lines = readFileSync(join(out, "records.jsonl"), "utf8").trim().split("\n");
  return {
    records: lines.map((line) => JSON.parse(line) as Kept),
    manifest: JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as Manifest,
  };
}

test("every problem is read, and a folder in which some were is not gone on with", async () => {
  const dir = temporaryFolder("codilens-whole-sample-");
  const [some, all] = [await ran(join(dir, "some"), false), await ran(join(dir, "all"), true)];
  const read = ({ records }: typeof some): number =>
    records.filter(({ kept }) => kept?.["influence"] !== undefined).length;
  expect([some, all].map(read)).toEqual([24, PROBLEMS]);
  expect([some, all].map(({ manifest }) => manifest.fingerprint["wholeSample"])).toEqual([undefined, true]);
  await expect(ran(join(dir, "some"), true)).rejects.toThrow(/wholeSample/);
});

test("conditions of some problems are of all, and the others stay as they are", () => {
  const context = { layer: 8, depth: 16, latents: 6, protocol: "codi" } as const;
  const conditions = conditionsOf(["attribution", "edges", "patching", "layer-map"], context);
  const whole = conditions.map(ofEveryProblem);
  expect(conditions.filter(({ patch }) => patch?.problems !== undefined)).toHaveLength(6);
  expect(whole.filter(({ patch }) => patch?.problems !== undefined)).toEqual([]);
  expect(whole.map(({ patch, ...rest }) => [patch?.site, patch?.by, rest])).toEqual(
    conditions.map(({ patch, ...rest }) => [patch?.site, patch?.by, rest]),
  );
});
