/**
 * Measures what the simulator needs beside the bench's steps: `node scripts/dev.mjs bench/simulate/measure.mts`. Needs redis-server, and
 * a quiet machine. Writes measured.json, which the formatter then puts in order.
 */

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { appendText, nodeFileSystem } from "../../src/disk/atomic-file.js";
import { readRecords, recordLine } from "../../src/records/record-line.js";
import { machineLine } from "../context.mjs";
import { median } from "../statistics.mjs";
import type { Measured } from "./measured.mjs";

const OUT = fileURLToPath(new URL("measured.json", import.meta.url));
const COMMAND = fileURLToPath(new URL("../../scripts/codilens.mjs", import.meta.url));
const QUEUE = fileURLToPath(new URL("queue.mjs", import.meta.url));
/** Holds each job up while it needs no core, so that workers can be counted on a machine of few cores. */
const BUSY = new URL("../../test/support/slow-batch.mjs", import.meta.url).href;
const BUSY_MS = 4000;
/** Some jobs of one problem each, which take little. */
const CHECK = [
  "--problems",
  "16",
  "--study",
  "budget,token-ablation",
  "--layers",
  "4",
  "--no-controls",
  "--no-control-model",
];
const PORT = 16_379;

function main(): void {
  const home = mkdtempSync(join(tmpdir(), "codilens-simulate-"));
  try {
    const check = [1, 2, 3, 4].map((workers) => timedRun(join(home, `${workers}`), workers));
    const coordinator = coordinatorOf(join(home, "1"));
    const measured: Measured = { machine: machineLine(), check, coordinator, queue: queueOf(home) };
    writeFileSync(OUT, `${JSON.stringify(measured, null, 1)}\n`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

interface LogLine {
  readonly msg: string;
  readonly time: string | number;
}

/** A run of the embedded model: when each job was kept, in seconds since the run began. */
function timedRun(out: string, workers: number): Measured["check"][number] {
  const args = ["experiment", ...CHECK, "--workers", String(workers), "--out", out, "--no-progress"];
  const env = { ...process.env, NODE_OPTIONS: `--import ${BUSY}`, CODILENS_TEST_BUSY_MS: String(BUSY_MS) };
  const done = spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8", env });
  if (done.status !== 0) throw new Error(`codilens ${args.join(" ")}: ${done.stderr}`);
  const lines = readFileSync(join(out, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogLine);
  const at = ({ time }: LogLine): number => new Date(time).getTime() / 1000;
  const [first] = lines;
  if (first === undefined) throw new Error(`${out} has no log`);
  return { workers, kept: lines.filter(({ msg }) => msg === "part").map((line) => at(line) - at(first)) };
}

/** What keeping costs: a record as a line, and an append that is synced to the disk. */
function coordinatorOf(run: string): Measured["coordinator"] {
  const { records } = readRecords(readFileSync(join(run, "records.jsonl")), run);
  const start = performance.now();
  const lines = records.map(recordLine);
  const recordSeconds = (performance.now() - start) / 1000 / records.length;
  const fd = openSync(join(run, "appended"), "a");
  const appends = Array.from({ length: 50 }, () => {
    const begin = performance.now();
    appendText(fd, lines.slice(0, 32).join(""), { path: "appended", fs: nodeFileSystem });
    return (performance.now() - begin) / 1000;
  });
  closeSync(fd);
  return {
    recordSeconds,
    recordBytes: Buffer.byteLength(lines.join("")) / lines.length,
    appendSeconds: median(appends),
  };
}

/** BullMQ on a Redis of its own. */
function queueOf(home: string): Measured["queue"] {
  const done = spawnSync(process.execPath, [QUEUE, home, String(PORT)], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout) as Measured["queue"];
}

main();
