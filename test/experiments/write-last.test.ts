/** What studies make at the end, shared out among workers: every file once, and none lost with a worker. */
// @needs nothing

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FinishedRun, type Worker, WorkerDied } from "../../src/experiments/work/worker.js";
import { writeLast } from "../../src/experiments/work/write-last.js";
import { temporaryFolder } from "../support/temporary.js";

const ALL = ["a.json", "b.json", "c.json"];

/** A run's folder, and workers that note what they are asked for. */
function made(): {
  readonly dir: string;
  readonly lacking: () => string[];
  readonly asked: string[][];
  readonly worker: (fails?: Error) => Worker;
} {
  const dir = temporaryFolder("codilens-last-");
  const asked: string[][] = [];
  const worker = (fails?: Error): Worker => {
    const place = asked.push([]) - 1;
    const afterRun = async ({ files = [] }: FinishedRun): Promise<void> => {
      asked[place]?.push(...files);
      if (fails !== undefined) throw fails;
      for (const file of files) writeFileSync(join(dir, file), "");
    };
    return { afterRun } as unknown as Worker;
  };
  return { dir, asked, worker, lacking: () => ALL.filter((file) => !existsSync(join(dir, file))) };
}

const fingerprint = { seed: 1, studies: [] } as unknown as FinishedRun["fingerprint"];

test("each worker makes some of the files", async () => {
  const { dir, asked, worker, lacking } = made();
  await writeLast({ dir, fingerprint }, lacking, { lead: worker(), besides: [worker()] });
  expect(asked).toEqual([["a.json", "c.json"], ["b.json"]]);
  expect(lacking()).toEqual([]);
});

test("files that are there are not made again, and no worker is asked for nothing", async () => {
  const { dir, asked, worker, lacking } = made();
  writeFileSync(join(dir, "a.json"), "");
  writeFileSync(join(dir, "b.json"), "");
  await writeLast({ dir, fingerprint }, lacking, { lead: worker(), besides: [worker(), worker()] });
  expect(asked).toEqual([["c.json"], [], []]);
});

test("what a worker that dies leaves, the lead makes", async () => {
  const { dir, asked, worker, lacking } = made();
  const besides = [worker(new WorkerDied("SIGKILL"))];
  const lead = worker();
  await writeLast({ dir, fingerprint }, lacking, { lead, besides });
  expect(asked).toEqual([["b.json"], ["a.json", "c.json", "b.json"]]);
  expect(lacking()).toEqual([]);
});

test("what is made in parts is shared out, and the lead makes the file of them", async () => {
  const { dir, asked, worker } = made();
  const there = (file: string): boolean => existsSync(join(dir, file));
  const parts = ["a.json.0", "a.json.1"];
  const lacking = (): string[] =>
    there("a.json") ? [] : parts.every(there) ? ["a.json"] : parts.filter((part) => !there(part));
  await writeLast({ dir, fingerprint }, lacking, { lead: worker(), besides: [worker(new WorkerDied("SIGKILL"))] });
  expect(asked).toEqual([["a.json.1"], ["a.json.0", "a.json.1", "a.json"]].reverse());
  expect(there("a.json")).toBe(true);
});

test("a worker that makes nothing, because the run is stopped, is asked once", async () => {
  const { dir, lacking } = made();
  const asked: string[][] = [];
  const idle = { afterRun: async ({ files = [] }: FinishedRun) => void asked.push([...files]) } as unknown as Worker;
  await writeLast({ dir, fingerprint }, lacking, { lead: idle, besides: [] });
  expect(asked).toEqual([ALL]);
});

test("the lead's death, and a study's own error, end it", async () => {
  for (const [own, other] of [
    [new WorkerDied("SIGKILL"), undefined],
    [undefined, new Error("the study's own")],
  ] as const) {
    const { dir, worker, lacking } = made();
    const workers = { lead: worker(own), besides: [worker(other)] };
    await expect(writeLast({ dir, fingerprint }, lacking, workers)).rejects.toBe(own ?? other);
  }
});
