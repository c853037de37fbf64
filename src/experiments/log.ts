/** `log.jsonl`: what a run did, one JSON line each, written at once so that a kill loses nothing. */

import { join } from "node:path";
import { destination, type Logger, pino } from "pino";

/** A run's log; `close()` when the run ends. */
export interface RunLog {
  readonly logger: Logger;
  close(): void;
}

/** @param dir the run's folder. Times are UTC in ISO form. */
export function openLog(dir: string): RunLog {
  // Buffered lines would be lost with SIGKILL.
  const stream = destination({ dest: join(dir, "log.jsonl"), sync: true, append: true });
  const logger = pino({ base: { pid: process.pid }, timestamp: () => `,"time":"${new Date().toISOString()}"` }, stream);
  return { logger, close: () => stream.end() };
}
