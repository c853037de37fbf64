/** `slurm` and `k8s`: an experiment's options, and those of the cluster. */

import type { Command } from "commander";
import { countingNumber } from "./arguments.js";
import { imageName, k8sName, mountPath, slurmName, slurmTime } from "./cluster/choices.js";
import { withExperiment } from "./experiment-options.js";
import { argument } from "./option-values.js";
import { parseShards } from "./shard-choice.js";

/** Adds both commands. @param args the whole command line. */
export function addClusters(program: Command, args: readonly string[]): void {
  const typed = (command: Command) => ({ command, args: args.slice(args.indexOf(command.name()) + 1) });
  withShards(program.command("slurm"))
    .description(
      "print the script that runs an experiment as a Slurm array, a shard each task, and merges them: codilens slurm … | sbatch",
    )
    .option("--name <name>", "name of the array and of its logs", argument(slurmName), "codilens")
    .option(
      "--time <limit>",
      "limit of a task, as sbatch takes it; one that reaches it is queued again and goes on",
      argument(slurmTime),
      "4:00:00",
    )
    .option("--partition <name>", "partition of the cluster", argument(slurmName))
    .option("--account <name>", "account to charge", argument(slurmName))
    .action(async (options, command: Command) => (await import("./commands/slurm.js")).slurm(options, typed(command)));
  withShards(program.command("k8s"))
    .description(
      "print the manifest that runs an experiment as a Kubernetes Indexed Job, a shard each index: codilens k8s … | kubectl apply -f -",
    )
    .requiredOption("--image <name>", "image that has the command codilens, set up", argument(imageName))
    .requiredOption("--claim <name>", "claim of a volume that all pods can write to", argument(k8sName))
    .option("--mount <path>", "where it is mounted, and the pods run", argument(mountPath), "/work")
    .option("--name <name>", "name of the Job", argument(k8sName), "codilens")
    .option("--namespace <name>", "namespace of the Job", argument(k8sName))
    .action(async (options, command: Command) => (await import("./commands/k8s.js")).k8s(options, typed(command)));
}

function withShards(command: Command): Command {
  return withExperiment(command)
    .option("--shards <n>", "number of tasks that share the run", argument(parseShards))
    .option(
      "--cpus <n>",
      "cores of a task (default: its threads, which are 1 for a small model and 8 for a large one)",
      argument(countingNumber),
    );
}
