/** The embedded model's default command, from Enter to the report. */

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context, Group, Outcome } from "../context.mjs";
import { timed } from "../protocol.mjs";
import { spreadOf } from "../statistics.mjs";
import { secondsText } from "../table.mjs";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

async function run(context: Context): Promise<Outcome> {
  const { work, rounds } = context.arguments;
  const seconds: number[] = [];
  const command = ["run", "--silent", "experiment", "--", "--layers", "4,8,14"];
  // The first run builds what is missing; those after it are a user's second one, each in a folder of its own.
  for (let round = -1; round < rounds; round++) {
    const out = join(work, "command");
    rmSync(out, { recursive: true, force: true });
    const { seconds: taken, value } = await timed(() =>
      spawnSync("npm", [...command, "--out", out], { cwd: PROJECT, encoding: "utf8" }),
    );
    if (value.status !== 0 || !existsSync(join(out, "report.html")))
      throw new Error(`npm ${command.join(" ")} ended with ${value.status}: ${value.stderr.slice(-300)}`);
    context.say(`  ${round < 0 ? "first run" : `run ${round + 2}`}: ${taken.toFixed(2)} s`);
    if (round >= 0) seconds.push(taken);
  }
  const spread = spreadOf(seconds);
  return {
    lines: [
      `\`npm run experiment -- --layers 4,8,14\` on the embedded model, 100 problems × 24 conditions (7 and their controls), from Enter to report.html, after a first run: ${secondsText(spread)}.`,
    ],
    targets: [
      {
        what: "embedded model's default command, second run",
        wanted: 20,
        sense: "at most",
        unit: " s",
        measured: spread.median,
      },
    ],
    figures: [],
    data: { seconds },
  };
}

/** The group. */
export const commandGroup: Group = { name: "command", run };
