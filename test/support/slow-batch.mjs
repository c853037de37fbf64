/**
 * Preloaded by tests (NODE_OPTIONS=--import): the computing process is busy for CODILENS_TEST_BUSY_MS, hearing nothing, whenever it is
 * asked what CODILENS_TEST_BUSY_AT names: `load`, `compute`. It ends earlier where the file CODILENS_TEST_BUSY_UNTIL is there.
 */

import { existsSync, writeSync } from "node:fs";

const {
  CODILENS_TEST_BUSY_MS: busy,
  CODILENS_TEST_BUSY_AT: at = "compute",
  CODILENS_TEST_BUSY_UNTIL: until,
} = process.env;
const STEP_MS = until === undefined ? Number(busy) : 50;

if (busy !== undefined && process.argv[1]?.endsWith("compute-child.js"))
  process.on("message", ({ kind }) => {
    if (kind !== at) return;
    writeSync(2, "busy\n");
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (let left = Number(busy); left > 0 && !(until !== undefined && existsSync(until)); left -= STEP_MS)
      Atomics.wait(clock, 0, 0, STEP_MS);
  });
