/** The options of a queue, for the command that coordinates a run and for its workers. */

import { type Command, Option } from "commander";
import { UsageError } from "../base/errors.js";
import { type QueueAddress, queueAddress, withoutPasswords } from "../experiments/queue/address.js";

/** The options as they are given. */
export interface QueueFlags {
  readonly queue?: string;
  readonly insecureQueue: boolean;
}

/** A command with the options of a queue. @param isNeeded whether it does nothing without one. */
export function withQueue(command: Command, isNeeded: boolean): Command {
  const what = isNeeded
    ? "the queue to compute for: redis://HOST:PORT, or rediss:// with TLS"
    : "let workers on other machines compute, over a queue: redis://HOST:PORT, or rediss:// with TLS; this process keeps plan and records (docs/scale.md)";
  return command
    .addOption(new Option("--queue <url>", what).makeOptionMandatory(isNeeded))
    .option("--insecure-queue", "use a queue on another machine without TLS or password", false);
}

/** Where the queue is; its password may stand in CODILENS_QUEUE_PASSWORD. Hides what a list of processes would show. */
export function addressOf(text: string, { insecureQueue }: Pick<QueueFlags, "insecureQueue">): QueueAddress {
  if (process.argv.some((each) => withoutPasswords(each) !== each))
    process.title = withoutPasswords(["codilens", ...process.argv.slice(2)].join(" "));
  return queueAddress(text, { isInsecureTaken: insecureQueue, password: process.env["CODILENS_QUEUE_PASSWORD"] });
}

/** What a worker may be called. @throws RangeError. */
export function workerName(text: string): string {
  if (!/^[\w.:@-]{1,60}$/.test(text))
    throw new RangeError(`"${text}" is no name of a worker: letters, digits, and . : @ _ - (at most 60)`);
  return text;
}

/** The queue of an experiment, or null. @throws UsageError where an option stands beside it that has no meaning there. */
export function queueOf(
  { queue, ...flags }: QueueFlags,
  others: Readonly<Record<string, unknown>>,
): QueueAddress | null {
  if (queue === undefined) return null;
  const beside = Object.entries(others).find(([, value]) => value !== undefined && value !== false);
  if (beside !== undefined)
    throw new UsageError(
      `--queue and ${beside[0]} do not go together: workers elsewhere compute`,
      `leave out ${beside[0]}`,
    );
  return addressOf(queue, flags);
}
