/** Two runs on the same problems, condition by condition: what both measured, paired by the problem's id. */

import { BadInputError } from "../../base/errors.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { BootstrapInterval } from "../../statistics/clustered-bootstrap.js";
import type { Estimate, PValue } from "../../statistics/estimate.js";
import { declareFamily, type JudgedFamily, judgeFamily } from "../../statistics/family.js";
import {
  compareNumbers,
  compareOutcomes,
  type PairedNumber,
  type PairedOutcome,
} from "../../statistics/paired-runs.js";
import { pOf } from "../../statistics/permutation.js";
import type { ProblemView, RunData } from "../summary-types.js";
import type { ComparedCondition, RunComparison } from "./run-comparison.js";

/** A run with the name that tells it from the others. */
export interface NamedRun {
  readonly name: string;
  readonly data: RunData;
}

interface Cell {
  readonly correct: boolean;
  readonly logProb: number | null;
}

/** Condition → role, and problem → what happened. */
type Table = Map<string, { readonly role: ComparedCondition["role"]; readonly cells: Map<string, Cell> }>;

/**
 * @returns the first against the second; the same runs and seed give the same numbers.
 * @throws BadInputError where they share no problem, or where one id is two problems.
 * @example
 * ```ts
 * const data = loadRun(dir);
 * const compared = compareRuns({ name: "first", data }, { name: "second", data }, 42);
 * compared.shared; // → 4
 * ```
 */
export function compareRuns(first: NamedRun, second: NamedRun, seed: number): Omit<RunComparison, "sentence"> {
  const ids = sharedProblems(first, second);
  const [mine, theirs] = [tableOf(first.data), tableOf(second.data)];
  const names = [...mine.keys()].filter((name) => theirs.has(name));
  const plain = names.map((name) => compareCondition(name, [mine, theirs], { ids, seed }));
  const answers = judged("answers", plain, {
    question: "Does the share of right answers differ?",
    pick: ({ mcnemar }) => mcnemar,
  });
  const numbers = judged("log-probabilities", plain, {
    question: "Does the log-probability differ?",
    pick: ({ signFlip }) => signFlip,
  });
  return {
    first: first.name,
    second: second.name,
    described: [described(first.data), described(second.data)],
    protocol: [first, second].map(({ data }) => data.protocol).find(isFlawed) ?? first.data.protocol,
    ...(first.data.protocol === second.data.protocol
      ? {}
      : { protocols: [first.data.protocol, second.data.protocol] as const }),
    testMode: first.data.testMode || second.data.testMode,
    shared: ids.length,
    onlyFirst: first.data.problems.length - ids.length,
    onlySecond: second.data.problems.length - ids.length,
    conditions: plain.map((each) => ({
      ...each,
      mcnemarHolm: holmOf(answers, each.condition),
      signFlipHolm: holmOf(numbers, each.condition),
    })),
    unmatched: [mine.size - names.length, theirs.size - names.length],
    families: [answers, numbers],
    seed,
    notices: [
      ...(names.length > 1 ? blockNotice(first.data, second.data) : []),
      ...[first, second].flatMap(({ name, data }) => noticesOf(data).map((notice) => `${name}: ${notice}`)),
    ],
  };
}

function isFlawed(protocol: AnyProtocol): boolean {
  return protocolOf(protocol).warning !== null;
}

function sharedProblems(first: NamedRun, second: NamedRun): string[] {
  const theirs = new Map(second.data.problems.map((problem) => [problem.id, problem]));
  const shared = first.data.problems.filter(({ id }) => theirs.has(id));
  if (shared.length === 0) {
    const some = ({ name, data: { problems } }: NamedRun): string =>
      `${name} has ${problems.length === 0 ? "none with a baseline" : `${problems.length}, such as "${problems[0]?.id}"`}`;
    throw new BadInputError(
      `${first.name} and ${second.name} share no problem: ${some(first)}, ${some(second)}`,
      "compare runs on the same data file: problems are matched by their id",
    );
  }
  for (const problem of shared)
    refuseOther(problem, theirs.get(problem.id), { first: first.name, second: second.name });
  return shared.map(({ id }) => id);
}

function refuseOther(
  mine: ProblemView,
  theirs: ProblemView | undefined,
  { first, second }: { readonly first: string; readonly second: string },
): void {
  if (theirs === undefined) return;
  const isOther = mine.question !== null && theirs.question !== null && mine.question !== theirs.question;
  if (isOther || mine.expected !== theirs.expected)
    throw new BadInputError(
      `Problem "${mine.id}" of ${first} is another one in ${second}: ${isOther ? "its question differs" : `the expected number is ${mine.expected} in the first, ${theirs.expected} in the second`}`,
      "compare runs on the same data file: problems are matched by their id",
    );
}

function tableOf({ problems, rows, studyRows }: RunData): Table {
  const table: Table = new Map();
  const put = (
    name: string,
    id: string,
    { role, cell }: { readonly role: ComparedCondition["role"]; readonly cell: Cell },
  ): void => {
    const held = table.get(name) ?? { role, cells: new Map<string, Cell>() };
    held.cells.set(id, cell);
    table.set(name, held);
  };
  for (const { id, baselineCorrect, expectedLogProb } of problems)
    put("baseline", id, { role: "planned", cell: { correct: baselineCorrect, logProb: expectedLogProb } });
  for (const { latent, problemId, stillCorrect, deltaLogProb } of rows)
    put(`latent ${latent} zeroed`, problemId, {
      role: "planned",
      cell: { correct: stillCorrect, logProb: deltaLogProb },
    });
  for (const { study, condition, factors, problemId, correct, deltaLogProb } of studyRows) {
    const role = factors["control"] === undefined ? "exploratory" : "control";
    put(`${study}: ${condition}`, problemId, { role, cell: { correct, logProb: deltaLogProb } });
  }
  return table;
}

function compareCondition(
  name: string,
  [mine, theirs]: readonly [Table, Table],
  { ids, seed }: { readonly ids: readonly string[]; readonly seed: number },
): Omit<ComparedCondition, "mcnemarHolm" | "signFlipHolm"> {
  const pairs = ids.flatMap((problem) => {
    const [a, b] = [mine.get(name)?.cells.get(problem), theirs.get(name)?.cells.get(problem)];
    return a === undefined || b === undefined ? [] : [{ problem, a, b }];
  });
  const outcomes = pairs.map(({ a, b }): PairedOutcome => ({ first: a.correct, second: b.correct }));
  const numbers = pairs.flatMap(({ problem, a, b }): PairedNumber[] =>
    a.logProb === null || b.logProb === null ? [] : [{ problem, first: a.logProb, second: b.logProb }],
  );
  const { counts, difference, mcnemar } = compareOutcomes(outcomes);
  const compared = numbers.length === 0 ? null : compareNumbers(numbers, { seed });
  return {
    condition: name,
    role: mine.get(name)?.role ?? "exploratory",
    counts,
    n: pairs.length,
    difference,
    mcnemar,
    logProb: compared === null ? NOT_MEASURED : estimateOf(compared.difference, numbers.length),
    signFlip: compared === null ? NOT_MEASURED : pOf(compared.signFlip),
  };
}

const NOT_MEASURED = { kind: "undefined", reason: "not measured in both runs" } as const;

function estimateOf(interval: BootstrapInterval, n: number): Estimate {
  if (interval.kind === "undefined") return interval;
  const { value, low, high } = interval;
  return { kind: "value", value, low, high, n };
}

function judged(
  name: string,
  conditions: readonly Omit<ComparedCondition, "mcnemarHolm" | "signFlipHolm">[],
  {
    question,
    pick,
  }: {
    readonly question: string;
    readonly pick: (condition: Pick<ComparedCondition, "mcnemar" | "signFlip">) => PValue;
  },
): JudgedFamily {
  const named = (role: ComparedCondition["role"]): string[] =>
    conditions.filter((each) => each.role === role).map(({ condition }) => condition);
  const declared = declareFamily({ name, question, planned: named("planned"), exploratory: named("exploratory") });
  const tested = conditions.filter(({ role }) => role !== "control");
  return judgeFamily(declared, new Map(tested.map((each) => [each.condition, pick(each)])));
}

function holmOf({ hypotheses }: JudgedFamily, condition: string): PValue {
  const found = hypotheses.find(({ id }) => id === condition);
  return found?.holmPlanned ?? found?.holm ?? { kind: "undefined", reason: "a control" };
}

function described({ model, protocol, ablateLayer, latents }: RunData): string {
  return [
    model ?? "model not named",
    `protocol ${protocol}`,
    ...(ablateLayer === null ? [] : [`block ${ablateLayer}`]),
    `${latents} latents`,
  ].join(", ");
}

/** What the run says of itself, and which of its items failed: those are in no count. */
function noticesOf({ notices, failed }: RunData): string[] {
  return [...notices, ...(failed.length === 0 ? [] : [`${failed.length} failed and are left out`])];
}

function blockNotice(first: RunData, second: RunData): string[] {
  const [a, b] = [first.ablateLayer, second.ablateLayer];
  if (a === b) return [];
  const named = (block: number | null): string => (block === null ? "a block that is not named" : `block ${block}`);
  return [`the latents are zeroed at ${named(a)} in the first and at ${named(b)} in the second`];
}
