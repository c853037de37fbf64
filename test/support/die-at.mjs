/**
 * Preloaded by tests (NODE_OPTIONS=--import) with CODILENS_TEST_DIE_AT=SIGNAL:PROBLEM[-LAST][:CONDITION]: the computing process dies
 * by that signal as soon as it is given a job with that item. CONDITION counts the conditions of token ablation from 1. With
 * CODILENS_TEST_DIE_ONCE=FILE only the first time.
 */

import { writeFileSync } from "node:fs";

const { CODILENS_TEST_DIE_AT: order, CODILENS_TEST_DIE_ONCE: mark } = process.env;

if (order !== undefined && process.argv[1]?.endsWith("compute-child.js")) {
  const [signal, problems, condition] = order.split(":");
  const [first, last = first] = problems.split("-").map(Number);
  process.on("message", ({ kind, given: job }) => {
    if (kind !== "compute") return;
    const isDue =
      job.problems.some((each) => first <= each.index && each.index <= last && !isStandIn(each, job)) &&
      (condition === undefined || job.conditions.some((each) => isTaken(each, Number(condition) - 1)));
    if (isDue && isFirst()) die(signal);
  });
}

/** Another problem's question, or a filler, in the place of the problem's own. */
function isStandIn({ index, problem }, job) {
  return (
    / a$/.test(problem.question) ||
    job.problems.some((other) => other.index !== index && other.problem.question === problem.question)
  );
}

/** Zeroed, and not only written over with itself. */
function isTaken({ latent, interventions }, wanted) {
  return latent === wanted && interventions.some(({ operation }) => operation.kind === "zero");
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
