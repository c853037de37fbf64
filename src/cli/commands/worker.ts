/** `codilens worker`: computes for runs that are coordinated elsewhere, over a queue. */

import { resolve } from "node:path";
import { processName } from "../../experiments/queue/run-message.js";
import { serveQueue } from "../../experiments/queue/serve-queue.js";
import { type Hold, heldAs } from "../../model/tensor/hold-names.js";
import { isStudyFile } from "../../studies/outside/program.js";
import { printableLines } from "../arguments.js";
import { embeddedModel } from "../defaults.js";
import { baseFolder, modelFolder } from "../models.js";
import { addressOf, type QueueFlags } from "../queue-options.js";
import { stopOnSignals } from "../signals.js";

interface Flags extends QueueFlags {
  readonly queue: string;
  readonly model?: string;
  readonly base?: string;
  readonly force: boolean;
  readonly hold?: Hold;
  readonly study: string[];
  readonly protocol?: string;
  readonly name?: string;
  readonly once: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Runs the command; sets the exit code. */
export async function worker(flags: Flags): Promise<void> {
  const address = addressOf(flags.queue, flags);
  const say = (text: string): void => {
    if (!flags.quiet) process.stderr.write(`${printableLines(text)}\n`);
  };
  const model = flags.model === undefined ? embeddedModel : await modelFolder(flags.model, flags);
  const base = await baseFolder(flags.base, flags);
  const stop = stopOnSignals(() => say("stopped at once; another worker computes the job in hand"));
  const name = flags.name ?? processName();
  const files = {
    ...{ model, ...base, force: flags.force },
    ...heldAs(flags),
    studyFiles: flags.study.filter(isStudyFile).map((file) => resolve(file)),
    ...(flags.protocol === undefined ? {} : { protocolFile: flags.protocol }),
  };
  try {
    const jobs = await serveQueue({ address, files, name, isOnce: flags.once }, { signal: stop.signal, notice: say });
    const status = stop.isAsked() ? "stopped" : "done";
    if (flags.json) process.stdout.write(`${JSON.stringify({ schema: 1, status, name, jobs })}\n`);
    else process.stdout.write(`${status}; ${jobs} ${jobs === 1 ? "job" : "jobs"} computed\n`);
    if (stop.isAsked()) process.exitCode = stop.exitCode();
  } finally {
    stop.release();
  }
}
