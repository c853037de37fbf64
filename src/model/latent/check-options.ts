/** What callers without types get wrong in a call: names of options, a text in place of a list, an object in place of a text. */

import { UsageError } from "../../base/errors.js";
import { described } from "../hooks/described.js";
import { knownOptions } from "../hooks/option-names.js";
import type { CommonOptions, ConditionOptions, RunBatchOptions, RunOptions } from "./run-types.js";

/** The calls whose options are checked here. */
interface OptionsOf {
  readonly run: RunOptions;
  readonly runBatch: RunBatchOptions;
  readonly runConditions: ConditionOptions;
}

type Kind = "list" | "number" | "boolean" | "function" | "object" | "rows" | "checked elsewhere";
// An option more or less than the type has does not compile.
type Kinds<T> = Readonly<Record<keyof T, Kind>>;

const COMMON: Kinds<CommonOptions> = {
  expected: "checked elsewhere",
  capture: "list",
  maxNewTokens: "number",
  latents: "number",
  verify: "boolean",
  knownAnswers: "list",
  seed: "number",
  values: "object",
  reference: "list",
  sources: "object",
  contrasts: "list",
  scoreFirstToken: "boolean",
  scoredAfter: "list",
  captureBudgetBytes: "number",
  lens: "rows",
  attentionLayers: "list",
  readingLayers: "list",
  components: "boolean",
  latentStates: "boolean",
  flowLayers: "list",
  readings: "list",
  saes: "list",
  rowsPerBatch: "number",
  cellsPerBatch: "number",
  onCounts: "function",
  onForward: "function",
};
const CONDITIONS: Kinds<ConditionOptions> = { hooks: "list", ...COMMON };
const BATCH: Kinds<RunBatchOptions> = { interventions: "list", ...CONDITIONS };
const KNOWN: { readonly [Call in keyof OptionsOf]: Kinds<OptionsOf[Call]> } = {
  run: BATCH,
  runBatch: BATCH,
  runConditions: CONDITIONS,
};

/** @throws UsageError for an option that the call does not have, or whose value is of another kind. */
export function checkRunOptions<Call extends keyof OptionsOf>(call: Call, options: OptionsOf[Call]): void {
  const kinds: Readonly<Record<string, Kind>> = KNOWN[call];
  const checked = knownOptions(options, { of: call, names: Object.keys(kinds) });
  for (const [name, given] of Object.entries(checked))
    if (given !== undefined) checkKind(given, { name, kind: kinds[name] ?? "checked elsewhere" });
  const { hooks = [], values = {} } = options;
  for (const [place, each] of hooks.entries()) checkHook(each, `hooks[${place}]`);
  for (const [name, each] of Object.entries(values)) checkValue(each, name);
  for (const [place, each] of ("interventions" in options ? (options.interventions ?? []) : []).entries())
    if (isHook(each))
      throw new UsageError(`interventions[${place}] is a hook, wanted text or data`, "give it in hooks: [hook(…)]");
}

function checkKind(given: unknown, { name, kind }: { readonly name: string; readonly kind: Kind }): void {
  const isSo: Readonly<Record<Kind, boolean>> = {
    list: Array.isArray(given),
    number: typeof given === "number",
    boolean: typeof given === "boolean",
    function: typeof given === "function",
    object: typeof given === "object" && given !== null && !Array.isArray(given),
    rows: typeof given === "boolean" || given === "clean",
    "checked elsewhere": true,
  };
  if (isSo[kind]) return;
  const found = typeof given === "string" || typeof given === "number" ? JSON.stringify(given) : described(given);
  throw new UsageError(
    `${name} is ${found}, wanted ${WANTED[kind]}`,
    kind === "list" ? `write { ${name}: [${typeof given === "object" ? "…" : found}] }` : "correct it",
  );
}

const WANTED: Readonly<Record<Kind, string>> = {
  list: "a list",
  number: "a number",
  boolean: "true or false",
  function: "a function",
  object: "an object whose keys are names",
  rows: 'true, false or "clean"',
  "checked elsewhere": "anything",
};

/** Is it what `hook` gives? */
export function isHook(given: unknown): boolean {
  const { apply, addresses } = (given ?? {}) as { readonly apply?: unknown; readonly addresses?: unknown };
  return typeof apply === "function" && Array.isArray(addresses);
}

/** @throws UsageError for what is no hook. @param where `hooks[0]`, for the message. */
export function checkHook(given: unknown, where: string): void {
  if (isHook(given)) return;
  throw new UsageError(
    `${where} is ${described(given)}, wanted a hook`,
    "make it with hook(site, address, (x) => …); text and data go into interventions",
  );
}

function checkValue(given: unknown, name: string): void {
  const { shape, data } = (given ?? {}) as { readonly shape?: unknown; readonly data?: unknown };
  if (Array.isArray(shape) && data instanceof Float32Array) return;
  throw new UsageError(
    `values.${name} is ${given instanceof Float32Array ? "a Float32Array" : described(given)}, wanted numbers with their shape`,
    "give what captures.at(site, address) gives, or { shape: [64], data: Float32Array.from(numbers) }",
  );
}

/** @throws UsageError for what is no text. */
export function checkQuestion(question: unknown): void {
  if (typeof question === "string") return;
  throw new UsageError(
    `The question is ${plainly(question)}, wanted text`,
    isProblem(question) ? "give the problem's own text: problem.question" : 'write run("Tom has 3 pens. …")',
  );
}

/** Calls that take several questions. */
type ManyQuestions = "runBatch" | "runConditions" | "gradientBatch" | "jvpBatch";

/** @throws UsageError for what is no list of texts. */
export function checkQuestions(call: ManyQuestions, questions: unknown): void {
  if (!Array.isArray(questions))
    throw new UsageError(
      `${call} takes a list of questions, and was given ${plainly(questions)}`,
      typeof questions === "string" && call === "runBatch"
        ? "write runBatch([question]), or run(question)"
        : `write ${call}([question])`,
    );
  const wrong = questions.findIndex((question) => typeof question !== "string");
  if (wrong < 0) return;
  throw new UsageError(
    `Question ${wrong} is ${plainly(questions[wrong])}, wanted text`,
    isProblem(questions[wrong])
      ? "give the problems' own texts: problems.map(({ question }) => question)"
      : "correct it",
  );
}

function isProblem(given: unknown): boolean {
  return typeof (given as { readonly question?: unknown } | null)?.question === "string";
}

function plainly(given: unknown): string {
  return typeof given === "object" && given !== null && !Array.isArray(given) ? "an object" : described(given);
}
