/** Preloaded by tests (NODE_OPTIONS=--import): the computing process is busy for CODILENS_TEST_BUSY_MS, hearing nothing, whenever it says what CODILENS_TEST_BUSY_AT names: `open`, `begin`. */

import { writeSync } from "node:fs";

const { CODILENS_TEST_BUSY_MS: busy, CODILENS_TEST_BUSY_AT: at = "begin" } = process.env;

if (busy !== undefined && process.argv[1]?.endsWith("compute-child.js")) {
  const send = process.send.bind(process);
  process.send = (message, ...rest) => {
    if (message.kind !== at) return send(message, ...rest);
    return send(message, () => {
      writeSync(2, "busy\n");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(busy));
    });
  };
}
