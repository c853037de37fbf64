/** `codilens slurm`: the script that runs an experiment as a Slurm array, on stdout. */

import { resolve } from "node:path";
import { type ClusterCommand, planRun, type Typed } from "../cluster/plan-run.js";
import { printed } from "../cluster/printed.js";
import { slurmScript } from "../cluster/slurm-script.js";

/** Options of the command beside the experiment's. */
export interface SlurmCommand extends ClusterCommand {
  readonly name: string;
  readonly time: string;
  readonly partition?: string;
  readonly account?: string;
}

const OWN = ["--name", "--time", "--partition", "--account"];

/** Runs the command. */
export async function slurm(flags: SlurmCommand, typed: Omit<Typed, "own">): Promise<void> {
  const run = await planRun(flags, { ...typed, own: OWN });
  const { name, time, partition, account } = flags;
  const program = [process.execPath, resolve(process.argv[1] ?? "codilens")];
  const script = slurmScript(run, {
    ...{ name, time, folder: process.cwd(), program },
    ...(partition === undefined ? {} : { partition }),
    ...(account === undefined ? {} : { account }),
  });
  printed(script, { json: flags.json, run });
}
