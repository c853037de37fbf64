/**
 * Load time and memory at the LLaMA-3.2-1B size, ours beside PyTorch's, in interleaved rounds of one run:
 *     npm run bench:load -- --python PYTHON [--dir FOLDER] [--rounds 5]
 * PYTHON has torch, safetensors and tokenizers (bench/peers/requirements.txt). Writes the section "load" of bench/RESULTS.md.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stopWhereLost } from "../scripts/setup/npm-options.mjs";
import { machineLine, machineName } from "./context.mjs";
import { writeSection } from "./results.mjs";

interface Measured {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly weightBytes: number;
  readonly version: string;
  readonly run?: { readonly seconds: number; readonly promptTokens: number; readonly answerTokens: number };
}

const options = {
  python: { type: "string", default: "python3" },
  dir: { type: "string", default: join(tmpdir(), "codilens-1b") },
  rounds: { type: "string", default: "5" },
} as const;
stopWhereLost("bench:load", options);
const { values } = parseArgs({ options });
const { python, dir } = values;
const rounds = Number(values.rounds);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr.slice(-500)}`);
  return stdout;
}

const last = (text: string): Measured => JSON.parse(text.trim().split("\n").at(-1) ?? "") as Measured;
const ours = (folder: string, ...flags: string[]): Measured =>
  last(run(process.execPath, ["--import", "tsx", here("contenders/load-ours.mts"), folder, ...flags]));
const torch = (folder: string): Measured => last(run(python, [here("contenders/load_torch.py"), folder]));
/** Tells the kernel to forget the files, so that the next load reads the disk. */
const forget = (folder: string): void =>
  void run(python, [
    "-c",
    "import os,sys,glob\nos.sync()\nfor f in glob.glob(sys.argv[1]+'/*'):\n  d=os.open(f,os.O_RDONLY); os.posix_fadvise(d,0,0,os.POSIX_FADV_DONTNEED); os.close(d)",
    folder,
  ]);
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const spread = (values: readonly number[]): string =>
  `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)})`;
const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);

mkdirSync(dir, { recursive: true });
if (!existsSync(join(dir, "bin", "pytorch_model.bin"))) {
  say(`making the random checkpoint in ${dir} …`);
  run(python, [here("make/llama_1b.py"), dir, "--forms", "safetensors,bin"]);
}
const lines: string[] = [];
const versions = new Set<string>();
for (const form of ["safetensors", "bin"])
  for (const cache of ["warm", "cold"]) {
    const folder = join(dir, form);
    const taken: { ours: Measured[]; torch: Measured[] } = { ours: [], torch: [] };
    for (let round = -1; round < rounds; round++)
      // The order changes with the round, and round -1 only warms the cache.
      for (const who of round % 2 === 0 ? (["ours", "torch"] as const) : (["torch", "ours"] as const)) {
        if (cache === "cold") forget(folder);
        const measured = who === "ours" ? ours(folder) : torch(folder);
        versions.add(`${who}: ${measured.version}`);
        if (round >= 0) taken[who].push(measured);
        say(
          `${form} ${cache} round ${round} ${who}: ${measured.seconds.toFixed(2)} s, peak ${gib(measured.peakBytes)} GiB`,
        );
      }
    const seconds = (who: "ours" | "torch"): number[] => taken[who].map((each) => each.seconds);
    const ratios = seconds("torch").map((theirs, i) => theirs / (seconds("ours")[i] ?? Number.NaN));
    const peaks = (who: "ours" | "torch"): number => Math.max(...taken[who].map(({ peakBytes }) => peakBytes));
    const weights = taken.ours[0]?.weightBytes ?? Number.NaN;
    lines.push(
      `| ${form}, ${cache} | ${spread(seconds("ours"))} | ${spread(seconds("torch"))} | ${median(ratios).toFixed(2)} | ${gib(peaks("ours"))} (weights + ${gib(peaks("ours") - weights)}) | ${gib(peaks("torch"))} |`,
    );
  }
const { run: answered, seconds, peakBytes } = ours(join(dir, "safetensors"), "--run");
const section = [
  `LLaMA-3.2-1B shape, CODI with LoRA rank 128, random BF16 weights; read, merge, widen to float32 (ours also looks for NaN). ${rounds} interleaved rounds, medians (least–most). ${[...versions].sort().join("; ")}. ${machineLine()}`,
  "",
  "| file, cache | ours, s | PyTorch, s | PyTorch / ours, median of rounds | our peak, GiB | PyTorch's peak, GiB |",
  "| --- | --- | --- | --- | --- | --- |",
  ...lines,
  "",
  `\`CodiModel.load\` with tokenizer in ${seconds.toFixed(1)} s, then one question of ${answered?.promptTokens} tokens, six latents and ${answered?.answerTokens} answer tokens in ${answered?.seconds.toFixed(1)} s; peak ${gib(peakBytes)} GiB.`,
];
writeSection(section, { machine: machineName(), name: "load" });
say("written: bench/RESULTS.md");
