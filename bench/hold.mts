/**
 * What holding weights as they are stored costs and saves: load, a prompt of 64 tokens, and steps of few and many rows, held in float32 and
 * as stored, in interleaved rounds of one run:
 *     node --import tsx bench/hold.mts FOLDER [ROUNDS]
 * FOLDER is a checkpoint in BF16, such as bench/make/random-checkpoint.mts or bench/make/llama_1b.py (with LoRA) writes. Prints a table.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { environmentOf, type Hold } from "../src/model/tensor/hold-names.js";
import { machineLine } from "./context.mjs";
import { median } from "./statistics.mjs";

interface Measured {
  readonly seconds: number;
  readonly loadPeakBytes: number;
  readonly peakBytes: number;
  readonly prefillMs: number;
  readonly steps: readonly { readonly rows: number; readonly forwardMs: number; readonly headMs: number }[];
  readonly first: readonly number[];
}

const HOLDS = ["float32", "stored"] as const;
const [folder = "", count = "3"] = process.argv.slice(2);
const program = fileURLToPath(new URL("contenders/hold-ours.mts", import.meta.url));

function measure(hold: Hold): Measured {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", program, folder, hold], {
    encoding: "utf8",
    env: { ...process.env, ...environmentOf(hold) },
  });
  if (status !== 0) throw new Error(`${hold} ended with ${status}: ${stderr.slice(-500)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured;
}

const taken = { float32: [] as Measured[], stored: [] as Measured[] };
for (let round = 0; round < Number(count); round++)
  for (const hold of round % 2 === 0 ? HOLDS : [...HOLDS].reverse()) taken[hold].push(measure(hold));

const stepOf =
  (rows: number, hasHead: boolean) =>
  ({ steps }: Measured): number => {
    const found = steps.find((each) => each.rows === rows);
    return found === undefined ? Number.NaN : found.forwardMs + (hasHead ? found.headMs : 0);
  };
const CASES: readonly (readonly [string, (measured: Measured) => number])[] = [
  ["load, s", ({ seconds }) => seconds],
  ["peak of the load, GB", ({ loadPeakBytes }) => loadPeakBytes / 1e9],
  ["peak of the process, GB", ({ peakBytes }) => peakBytes / 1e9],
  ["prompt of 64 tokens, ms", ({ prefillMs }) => prefillMs],
  ...[1, 8, 64].flatMap((rows) => [
    [`latent step, rows ${rows}, ms`, stepOf(rows, false)] as const,
    [`decode step, rows ${rows}, ms`, stepOf(rows, true)] as const,
  ]),
];
console.log(`${machineLine()}\n\n| | float32 | stored | stored / float32 |\n| --- | --- | --- | --- |`);
for (const [name, of] of CASES) {
  const [float32, stored] = HOLDS.map((hold) => median(taken[hold].map(of))) as [number, number];
  console.log(`| ${name} | ${float32.toPrecision(3)} | ${stored.toPrecision(3)} | ${(stored / float32).toFixed(2)} |`);
}
const all = [...taken.float32, ...taken.stored].map(({ first }) => first.join());
console.log(
  `\nfirst numbers of the prompt's last state: ${new Set(all).size === 1 ? "equal in all runs" : "DIFFERENT"}`,
);
