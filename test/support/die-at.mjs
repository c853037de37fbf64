/**
 * Preloaded by tests (NODE_OPTIONS=--import) with CODILENS_TEST_DIE_AT=SIGNAL:PROBLEM[-LAST][:CONDITION]: the computing process dies
 * by that signal as soon as it begins to compute that item. With CODILENS_TEST_DIE_ONCE=FILE only the first time.
 */

import { writeFileSync } from "node:fs";

const { CODILENS_TEST_DIE_AT: order, CODILENS_TEST_DIE_ONCE: mark } = process.env;

if (order !== undefined && process.argv[1]?.endsWith("compute-child.js")) {
  const [signal, problems, condition] = order.split(":");
  const [first, last = first] = problems.split("-").map(Number);
  const send = process.send.bind(process);
  process.send = (message, ...rest) => {
    const isDue =
      message.kind === "begin" &&
      message.begun.problems.some((problem) => first <= problem && problem <= last) &&
      (condition === undefined || message.begun.conditions.includes(Number(condition)));
    return isDue ? send(message, () => isFirst() && die(signal)) : send(message, ...rest);
  };
}

function isFirst() {
  if (mark === undefined) return true;
  try {
    writeFileSync(mark, "", { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}

function die(signal) {
  // A real abort, and for the others what the kernel sends.
  if (signal === "SIGABRT") process.abort();
  process.kill(process.pid, signal);
}
