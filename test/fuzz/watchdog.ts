/** Ends the process when one case takes too long: a thread of its own, because a case that never ends lets no timer fire. */

import { Worker } from "node:worker_threads";

const LIMIT_MS = 10_000;

/** Told of each case before it begins. */
export interface Watchdog {
  begin(index: number): void;
  stop(): Promise<void>;
}

/** @param part whose cases are watched. */
export function startWatchdog(part: string): Watchdog {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(
    `const { workerData: { shared, part, limit } } = require("node:worker_threads");
     let [last, since] = [-1, Date.now()];
     setInterval(() => {
       const [index, busy] = [Atomics.load(shared, 0), Atomics.load(shared, 1)];
       if (index !== last || busy === 0) [last, since] = [index, Date.now()];
       else if (Date.now() - since > limit) {
         require("node:fs").writeSync(1, "FOUND a hang: " + part + " case " + index + " took more than " + limit / 1000 + " s\\n");
         process.kill(process.pid, "SIGKILL");
       }
     }, 250).unref();`,
    { eval: true, workerData: { shared, part, limit: LIMIT_MS } },
  );
  worker.unref();
  return {
    begin: (index) => {
      Atomics.store(shared, 0, index);
      Atomics.store(shared, 1, index < 0 ? 0 : 1);
    },
    stop: async () => void (await worker.terminate()),
  };
}
