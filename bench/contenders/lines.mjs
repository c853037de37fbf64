/** A contender's side of the protocol, for peers that are plain JavaScript packages (see ../protocol.mts). */

import { createInterface } from "node:readline";

/** @param {string} version @param {Record<string, (request: any) => Promise<object>>} operations */
export async function serve(version, operations) {
  const write = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  write({ ready: true, version });
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, ...request } = JSON.parse(line);
    const peakBytes = () => process.resourceUsage().maxRSS * 1024;
    try {
      const reply = await operations[op](request);
      write({ peakBytes: peakBytes(), ...reply });
    } catch (error) {
      write({ peakBytes: peakBytes(), error: String(error?.message ?? error) });
    }
  }
}

/** Seconds that `body` takes. */
export async function timed(body) {
  const start = performance.now();
  const value = await body();
  return { seconds: (performance.now() - start) / 1000, value };
}
