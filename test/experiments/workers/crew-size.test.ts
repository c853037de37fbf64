/** How many workers a run has, and with how many threads: by cores and memory, never by what is measured. */
// @needs nothing

import { afterEach, expect, test, vi } from "vitest";
import {
  checkCrewMemory,
  crewSize,
  likelyWorkers,
  type Machine,
  usefulWorkers,
  type WorkerLoad,
} from "../../../src/experiments/plan/crew-size.js";
import { rowsAtOnce } from "../../../src/experiments/plan/rows-at-once.js";
import type { LlamaConfig } from "../../../src/model/decoder/llama/config.js";
import { BILLION, TINY } from "../../support/shapes.js";

const GIB = 2 ** 30;

/** A checkpoint of a hundred weights that hold so many numbers together. */
function load(config: LlamaConfig, numbers: number): WorkerLoad {
  const shape = [numbers / 100];
  const base = { store: { name: "a", tensors: new Map([["w", { name: "w", dtype: "F32", shape }]]) }, name: "w" };
  const names = Array.from({ length: 100 }, (_, layer) => `layers.${layer}.input_layernorm.weight`);
  const weights = new Map(names.map((name) => [name, { name, shape, base, lora: null, copies: [] }]));
  const plan = { family: "llama", layout: "codi", adapter: false, vocabRows: 1, weights };
  return {
    checkpoint: { config, plan } as unknown as WorkerLoad["checkpoint"],
    rows: rowsAtOnce(config, undefined, 72),
    positions: 150,
  };
}
const small = load(TINY, 800_000);
const large = load(BILLION, 1_200_000_000);
const machine = (cores: number, gib: number): Machine => ({ cores, memory: { bytes: gib * GIB, limit: "a test" } });
const size = (
  what: WorkerLoad,
  on: Machine,
  options: { workers?: number; threads?: number; profile?: boolean } = {},
) => {
  const { workers, threads } = crewSize(what, { profile: false, ...options }, on);
  return [workers, threads];
};

afterEach(() => vi.unstubAllEnvs());

test("a small model has one worker a core with one thread, whatever their number", () => {
  expect(size(small, machine(2, 64))).toEqual([2, 1]);
  expect(size(small, machine(48, 512))).toEqual([48, 1]);
  for (const workers of [1, 3, 7]) expect(size(small, machine(2, 64), { workers })).toEqual([workers, 1]);
});

test("auto has no more workers than find memory, and one at least", () => {
  const { bytesEach } = crewSize(small, { profile: false }, machine(16, 64));
  expect(bytesEach).toBeGreaterThan(0.6 * GIB);
  expect(bytesEach).toBeLessThan(1.2 * GIB);
  const withRoomFor = (count: number): Machine => machine(16, (count * bytesEach) / GIB);
  expect(size(small, withRoomFor(3.9))).toEqual([3, 1]);
  expect(size(small, withRoomFor(0.5))).toEqual([1, 1]);
});

test("a large model has one worker with a thread a core; where more are asked for, the cores are divided", () => {
  expect(size(large, machine(8, 256))).toEqual([1, 8]);
  expect(size(large, machine(8, 256), { workers: 2 })).toEqual([2, 4]);
  expect(size(large, machine(8, 256), { workers: 3 })).toEqual([3, 2]);
  expect(size(large, machine(2, 256), { workers: 7 })).toEqual([7, 1]);
});

test("threads that are given hold, and auto fills the cores with workers of so many", () => {
  expect(size(large, machine(8, 256), { threads: 4 })).toEqual([2, 4]);
  expect(size(small, machine(8, 256), { threads: 2 })).toEqual([4, 2]);
  vi.stubEnv("TF_NUM_INTRAOP_THREADS", "2");
  expect(size(large, machine(8, 256), { threads: 4 })).toEqual([4, 2]);
});

test("a profile is of one worker: by itself, or refused where several are asked for", () => {
  expect(size(small, machine(8, 64), { profile: true })).toEqual([1, 1]);
  expect(() => size(small, machine(8, 64), { profile: true, workers: 2 })).toThrow(/--profile records one worker/);
  expect(() => size(small, machine(8, 64), { workers: 0 })).toThrow(/workers is 0, wanted a whole number from 1/);
});

test("workers that cannot have their memory are refused with the figure, one is left to its load, and force goes on", () => {
  // Weights alone take 4.8 GB.
  expect(crewSize(large, { profile: false, workers: 3 }, machine(2, 16)).bytesEach).toBeGreaterThan(4.8e9);
  const crew = { workers: 3, threads: 1, bytesEach: 5 * GIB };
  const { memory } = machine(2, 12);
  expect(() => checkCrewMemory(crew, { memory, force: false })).toThrow(
    "Not enough memory for 3 workers: they need about 15360.0 MiB together (5120.0 MiB each), 12288.0 MiB are available (a test)",
  );
  expect(() => checkCrewMemory(crew, { memory: machine(2, 15).memory, force: false })).not.toThrow();
  expect(() => checkCrewMemory(crew, { memory, force: true })).not.toThrow();
  expect(() => checkCrewMemory({ ...crew, workers: 1 }, { memory: machine(2, 1).memory, force: false })).not.toThrow();
});

test("there are never more workers than jobs, and by default none that is not worth its start", () => {
  const crew = crewSize(small, { profile: false }, machine(8, 64));
  const useful = (jobs: number, cost: number, workers?: number): number =>
    usefulWorkers(
      { crew: { ...crew, workers: workers ?? 8 }, options: workers === undefined ? {} : { workers } },
      () => ({ jobs, cost }),
    );
  expect(useful(100, 1000)).toBe(8);
  expect(useful(3, 1000)).toBe(3);
  expect(useful(30, 0.5)).toBe(1);
  expect(useful(30, 0.5, 7)).toBe(7);
  expect(useful(2, 0.5, 7)).toBe(2);
});

test("others start while the run is planned only where there are many items", () => {
  expect(likelyWorkers({ workers: 8 }, 2400)).toBe(8);
  expect(likelyWorkers({ workers: 8 }, 28)).toBe(1);
  expect(likelyWorkers({ workers: 1 }, 2400)).toBe(1);
});
