/** `model.sweep` beside the command's run of the same conditions on the same problems. */

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context, Group, Outcome } from "../context.mjs";
import { spreadOf } from "../statistics.mjs";
import { secondsText, table } from "../table.mjs";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPT = join(PROJECT, "bench", "contenders", "ours-sweep.mjs");
const PROBLEMS = 20;
const HOW = ["experiment", "sweep", "zeros"] as const;
const SAID: Readonly<Record<(typeof HOW)[number], string>> = {
  experiment: "`experiment --study layer-map --no-controls`, 193 conditions",
  sweep: "`model.sweep` of the same, its control included, 193 conditions",
  zeros: "`model.sweep` without the control, 97 conditions",
};

/** One run in a process of its own. */
function once(how: (typeof HOW)[number], { problems, work }: { readonly problems: number; readonly work: string }) {
  const out = join(work, `sweep-${how}`);
  rmSync(out, { recursive: true, force: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, how, String(problems), out], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${how} ended with ${status}: ${stderr.slice(-300)}`);
  return JSON.parse(stdout) as { readonly seconds: number; readonly records: number };
}

async function run(context: Context): Promise<Outcome> {
  const { work, rounds, quick } = context.arguments;
  const problems = quick ? 2 : PROBLEMS;
  // Whatever command builds what is missing.
  spawnSync(process.execPath, [join(PROJECT, "scripts", "codilens.mjs"), "studies"], { cwd: PROJECT });
  const seconds = new Map(HOW.map((how) => [how, [] as number[]]));
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Each in turn goes first: what the machine does beside then falls on all of them.
    const order = HOW.map((_, i) => HOW[(i + round) % HOW.length] ?? "sweep");
    const taken = new Map(order.map((how) => [how, once(how, { problems, work })]));
    const [ours, theirs] = [taken.get("sweep"), taken.get("experiment")];
    if (ours?.records !== theirs?.records)
      throw new Error(`sweep kept ${ours?.records} records, the experiment ${theirs?.records}`);
    for (const [how, each] of taken) seconds.get(how)?.push(each.seconds);
    ratios.push((ours?.seconds ?? 0) / (theirs?.seconds ?? 1));
    context.say(
      `  round ${round + 1}: ${[...taken].map(([how, each]) => `${how} ${each.seconds.toFixed(2)} s`).join(", ")}`,
    );
  }
  const ratio = spreadOf(ratios);
  return {
    lines: [
      `The embedded model, ${problems} problems, from loading to the last record on the disk, without analysis; each run in a process of its own.`,
      "",
      ...table(
        ["run", "seconds"],
        HOW.map((how) => [SAID[how], secondsText(spreadOf(seconds.get(how) ?? []))]),
      ),
      "",
      `Sweep over experiment, round by round: ${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}).`,
    ],
    targets: [
      {
        what: "sweep of the layer map's conditions, over the experiment's seconds",
        wanted: 1.1,
        sense: "at most",
        unit: " ×",
        measured: ratio.median,
      },
    ],
    figures: [],
    data: { ratios, seconds: Object.fromEntries(seconds) },
  };
}

/** The group. */
export const sweepGroup: Group = { name: "sweep", run };
