/** The two packages that a queue needs. They are optional: nothing else of this package asks for them, and this only when a queue is used. */

import { EnvironmentError } from "../../base/errors.js";

/** What is used of them. */
export interface QueuePackages {
  readonly Redis: typeof import("ioredis").Redis;
  readonly Queue: typeof import("bullmq").Queue;
  readonly Worker: typeof import("bullmq").Worker;
  readonly WaitingError: typeof import("bullmq").WaitingError;
  readonly UnrecoverableError: typeof import("bullmq").UnrecoverableError;
}

/** @throws EnvironmentError saying what to install. */
export async function queuePackages(): Promise<QueuePackages> {
  try {
    const [{ Redis }, { Queue, Worker, WaitingError, UnrecoverableError }] = await Promise.all([
      import("ioredis"),
      import("bullmq"),
    ]);
    return { Redis, Queue, Worker, WaitingError, UnrecoverableError };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new EnvironmentError(
      "A queue needs the packages bullmq and ioredis, which are not installed here",
      "npm install bullmq@6 ioredis@6",
      { cause: error },
    );
  }
}
