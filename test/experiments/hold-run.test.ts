/** A run whose weights are held as they are stored: the bytes of one that holds them in float32, and the manifest says how. */
// @needs engine, build, time

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runHere } from "../../src/experiments/work/run-here.js";
import type { Hold } from "../../src/model/tensor/hold-names.js";
import { twoProblems } from "../support/data-file.js";
import { modelFolder } from "../support/parity.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const dir = temporaryFolder("codilens-hold-");
const data = twoProblems();

interface Ran {
  readonly records: string;
  readonly fingerprint: object;
  readonly hold: string | undefined;
}

async function ran(out: string, hold: Hold | undefined): Promise<Ran> {
  const options = { model: modelFolder("grouped-llama3"), data, layers: [1], ablateLayer: 1, maxNewTokens: 4 };
  const asked = { ...options, studies: ["token-ablation", "attention", "residual"], engine: "native" as const };
  const { status } = await runHere(
    tinyExperiment(join(dir, out), 2, { ...asked, ...(hold === undefined ? {} : { hold }) }),
    { signal: new AbortController().signal, notice: () => undefined, progress: () => undefined },
  );
  expect(status).toBe("complete");
  const read = (file: string): string => readFileSync(join(dir, out, file), "utf8");
  const { fingerprint, stamp } = JSON.parse(read("manifest.json")) as {
    readonly fingerprint: object;
    readonly stamp: { readonly hold?: string };
  };
  return { records: read("records.jsonl"), fingerprint, hold: stamp.hold };
}

test("records are equal to the byte, and either goes on with what the other began", async () => {
  const plain = await ran("plain", undefined);
  const held = await ran("held", "stored");
  expect(held.records).toBe(plain.records);
  expect(held.records.split("\n").length).toBeGreaterThan(10);
  expect(held.fingerprint).toEqual(plain.fingerprint);
  expect([plain.hold, held.hold]).toEqual([undefined, "stored"]);
  expect((await ran("plain", "stored")).records).toBe(plain.records);
});
