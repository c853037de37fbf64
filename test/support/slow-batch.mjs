/** Preloaded by tests (NODE_OPTIONS=--import): the computing process is busy for CODILENS_TEST_BUSY_MS, hearing nothing, whenever it is asked what CODILENS_TEST_BUSY_AT names: `load`, `compute`. */

import { writeSync } from "node:fs";

const { CODILENS_TEST_BUSY_MS: busy, CODILENS_TEST_BUSY_AT: at = "compute" } = process.env;

if (busy !== undefined && process.argv[1]?.endsWith("compute-child.js"))
  process.on("message", ({ kind }) => {
    if (kind !== at) return;
    writeSync(2, "busy\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(busy));
  });
