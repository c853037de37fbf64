/** Loading, by the script that has a command of its own: `npm run bench:load`. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context, Group, Outcome } from "../context.mjs";
import { sectionsOf } from "../results.mjs";

async function run(context: Context): Promise<Outcome> {
  const { quick, python, rounds } = context.arguments;
  const nothing = (line: string): Outcome => ({ lines: [line], targets: [], figures: [], data: null });
  if (quick) return nothing("Not measured with --quick: the checkpoint alone has 2.6 GB.");
  if (spawnSync(python, ["-c", "import torch, safetensors, tokenizers"]).status !== 0)
    return nothing("Absent: PyTorch (run bench/peers/setup).");
  // It writes its section itself; this run takes it over from a folder of its own.
  const out = mkdtempSync(join(tmpdir(), "codilens-bench-load-"));
  const script = fileURLToPath(new URL("../load.mts", import.meta.url));
  const args = ["--import", "tsx", script, "--python", python, "--rounds", String(rounds)];
  const env = { ...process.env, CODILENS_BENCH_OUT: out };
  const { status } = spawnSync(process.execPath, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`bench/load.mts ended with ${status}`);
  const [section] = sectionsOf(readFileSync(join(out, "RESULTS.md"), "utf8"));
  const lines = (section?.text ?? "").split("\n");
  return { lines, targets: [], figures: [], data: lines };
}

/** The group. */
export const loadGroup: Group = { name: "load", run };
