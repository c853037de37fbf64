/** What every group is given, and what it gives back. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, freemem, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { FigureSpec } from "../src/exhibits/figure.js";
import type { BenchArguments, GroupName } from "./arguments.mjs";
import type { Ceilings } from "./groups/ceilings.mjs";
import type { GpuEngine } from "./groups/gpu-engines.mjs";
import { gib, type Target } from "./table.mjs";

/** What a group needs. */
export interface Context {
  readonly arguments: BenchArguments;
  /** The checkpoint of the 1B shape, or the tiny one; made when it is first asked for. */
  readonly model: () => string;
  /** A Coconut of GPT-2 small's shape, or the tiny one; made when it is first asked for. */
  readonly gpt2: () => string;
  /** tiny-codi in the 1B shape, or in a small one; made when it is first asked for. */
  readonly blownUp: () => Promise<string>;
  readonly say: (text: string) => void;
  /** Where PyTorch computes: `cpu`, or `cuda` inside the group `gpu`. */
  readonly device: "cpu" | "cuda";
  /** Engines on which ours is measured there; left out elsewhere, where it is the one that the set-up installed. */
  readonly engines?: readonly GpuEngine[];
  /** Measured once a run. */
  ceilings?: Promise<Ceilings>;
}

/** What a group has measured. */
export interface Outcome {
  readonly lines: readonly string[];
  readonly targets: readonly Target[];
  readonly figures: readonly Figure[];
  /** For `--json`. */
  readonly data: unknown;
  /** Whether a processor stood in for the device: such figures are never written where measured ones lie. */
  readonly isSoftware?: boolean;
}

/** A figure and its name in `figures/MACHINE/`. */
export interface Figure {
  readonly name: string;
  readonly alt: string;
  readonly spec: FigureSpec;
}

/** A group of measurements. */
export interface Group {
  readonly name: GroupName;
  readonly run: (context: Context) => Promise<Outcome>;
}

/** Memory that programs may still take, in bytes; what the kernel caches counts. */
export function availableBytes(): number {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB/m.exec(textOf("/proc/meminfo")) ?? [];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** What Linux says there, nothing elsewhere. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Cores and processor of this machine: what its part of the results is called. */
export function machineName(): string {
  return `${cpus().length} × ${processorName(cpus()[0]?.model ?? "", textOf("/proc/cpuinfo"))}`;
}

/** @param cpuInfo as Linux describes the processor: virtual machines often hide its number, and "AMD EPYC" is five generations. */
export function processorName(model: string, cpuInfo: string): string {
  const name = model.trim() || "unknown processor";
  const [family, number] = ["cpu family", "model"].map(
    (key) => new RegExp(`^${key}\\s*: (\\d+)$`, "m").exec(cpuInfo)?.[1],
  );
  return /\d/.test(name) || family === undefined || number === undefined
    ? name
    : `${name}, family ${family} model ${number}`;
}

/** A machine's folder of figures: `2-intel-xeon-processor`. */
export function machineFolder(machine: string): string {
  const plain = machine.replaceAll(/\((?:r|tm|c)\)/gi, "").toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "");
}

/** Processor, memory, Node, commit and date, for the head of each section. */
export function machineLine(): string {
  return `${machineName()}, ${gib(totalmem())}; Node ${process.versions.node}; commit ${commit()}; ${new Date().toISOString().slice(0, 10)}.`;
}

/** Short name of the commit; of the one that was packed, where this is a packed folder. */
export function commit(): string {
  const packed = fileURLToPath(new URL("../commit", import.meta.url));
  if (existsSync(packed)) return readFileSync(packed, "utf8");
  try {
    const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8", stdio: "pipe" }).trim();
    return git("rev-parse", "--short", "HEAD");
  } catch {
    return "unknown";
  }
}

/** Questions of given token counts, BOS and BOT included: one letter is one token of the random checkpoints, and all differ from the first on. */
export function questionsOf(tokens: readonly number[]): string[] {
  let state = 1;
  const letter = (): string => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(97 + ((state >>> 24) % 26));
  };
  return tokens.map((count) => Array.from({ length: Math.max(1, count - 2) }, letter).join(""));
}

/** Prompt lengths of GSM8K: thirteen quantiles of the test set's characters, at 4.3 characters a token, with BOS and BOT. */
const GSM8K_TOKENS = [28, 35, 38, 42, 46, 50, 54, 58, 62, 68, 74, 85, 109] as const;

/** `count` questions whose lengths go through that distribution; the longest and the shortest are spread over the batches. */
export function problemQuestions(count: number): string[] {
  return questionsOf(Array.from({ length: count }, (_, i) => GSM8K_TOKENS[(i * 5) % GSM8K_TOKENS.length] ?? 50));
}
