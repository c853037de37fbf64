/** How the result of a run prints: what was asked, answered and scored, what fired, and what else it holds. */

import { abridged, fitted, fourDigits, listed, printsAs } from "../../../base/printing.js";
import { textOf } from "../answer/kind.js";
import type { RunResult } from "../run-types.js";
import { capturesLine } from "./captures.js";

/** The prototype of every run's result, which carries how it is shown; its own fields are plain. */
const RUN_PROTOTYPE: object = {};
printsAs(RUN_PROTOTYPE as RunResult, { whole: runText, line: runLine });

/** Plain fields as a result that prints in one screen. */
export function asRunResult(fields: RunResult): RunResult {
  return Object.assign(Object.create(RUN_PROTOTYPE) as RunResult, fields);
}

/** One line: question, answer, and whether it is right. */
function runLine(run: RunResult): string {
  return `RunResult ${JSON.stringify(fitted(run.question, 48))} → ${verdictOf(run)}`;
}

function verdictOf({ failure, answer, correct }: RunResult): string {
  if (failure !== null) return "failed";
  const value = answer.value === null ? fitted(answer.text, 24) : textOf(answer.value);
  return `${value}${correct === null ? "" : correct ? ", right" : ", wrong"}`;
}

const MOST_RUNS = 10;

/** One line a run. */
export function runsText(runs: readonly RunResult[]): string {
  const scored = runs.filter(({ correct }) => correct !== null);
  const right = scored.filter(({ correct }) => correct === true).length;
  const lines = abridged(runs.map(runLine), { most: MOST_RUNS, gap: "…" }).map((line) => `  ${line}`);
  const title = `Runs of ${runs.length}${scored.length === 0 ? "" : `, ${right} of ${scored.length} right`}`;
  return [runs.length === 0 ? title : `${title}:`, ...lines].join("\n");
}

/** A screen at most. */
function runText(run: RunResult): string {
  const { question, answer, failure, fired, drawn, captures, layout } = run;
  return listed("RunResult", [
    ["question", JSON.stringify(fitted(question, 400))],
    ["answer", failure === null ? `${JSON.stringify(answer.text)} → ${verdictOf(run)}` : null],
    ["failure", failure === null ? null : failure.message],
    ["score", failure === null ? scoreText(run) : null],
    ...abridged(fired, { gap: null }).map(
      (each, at) => [at === 0 ? "fired" : "", each === null ? "…" : firedText(each)] as const,
    ),
    ["fired", failure === null && fired.length === 0 ? "nothing" : null],
    ["drawn", drawn.length === 0 ? null : drawn.map(({ intervention }) => intervention).join("; ")],
    [
      "captures",
      capturesLine({ bytes: captures.bytes, activations: captures.sites.map((site) => captures.get(site)) }),
    ],
    ["readings", readText(run)],
    ["layout", layout.describe()],
  ]);
}

function firedText({ name, site, address, planned, count }: RunResult["fired"][number]): string {
  const where = name.includes(site) ? name : `${name}:${site}@${address}`;
  return `${where}, ${count} of ${planned} times`;
}

function scoreText({ score, logProb, kl, answer: { margin } }: RunResult): string | null {
  const parts = [
    ...(logProb === null ? [] : [`log p(expected) ${fourDigits(logProb)}`]),
    ...(kl === null ? [] : [`KL ${fourDigits(kl)} nats`]),
    ...(margin === null ? [] : [`margin ${fourDigits(margin)}`]),
  ];
  const reason = score.kind === "undefined" ? score.reason : null;
  const all = [...parts, ...(logProb === null && reason !== null ? [reason] : [])];
  return all.length === 0 ? null : all.join("; ");
}

/** Names of the fields that a reading filled. */
function readText({ lens, attention, reading, components, flow, latentStates, readings }: RunResult): string | null {
  const names = [
    ...(lens.length > 0 ? [`lens at ${lens.length} positions`] : []),
    ...(attention.size > 0 ? [`attention at layers ${[...attention.keys()].join(", ")}`] : []),
    ...(reading.size > 0 ? [`reading at layers ${[...reading.keys()].join(", ")}`] : []),
    ...(components === null ? [] : ["components"]),
    ...(flow === null ? [] : ["flow"]),
    ...(latentStates === null ? [] : ["latentStates"]),
    ...[...readings.keys()].map((name) => `readings "${name}"`),
  ];
  return names.length === 0 ? null : names.join("; ");
}
