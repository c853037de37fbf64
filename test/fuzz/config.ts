/**
 * Our reading of a checkpoint's JSON files against the reference's: a changed file is refused in one line, or gives what the reference
 * computes from the same file, or what the unchanged checkpoint gives; never another number.
 */

import { createHash } from "node:crypto";
import { CodiLensError, EXIT } from "../../src/base/errors.js";
import { CodiModel } from "../../src/index.js";
import { type Checkpoint, openCheckpoint } from "../../src/model/checkpoint/load.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import { tokenizerOf } from "../../src/model/latent/load/tokenizer-of.js";
import { digestOfTexts } from "./config-corpus.js";
import { type ConfigCase, configCase, filesOf, original, TARGETS, type Target } from "./config-mutate.js";
import type { Reference } from "./reference.js";
import { asFinding, type Finding, type Part, type PartResult, refusalFault, Table } from "./report.js";
import { startWatchdog } from "./watchdog.js";

/** What is asked of the models. */
const QUESTION = "Tom has 3 pens and buys 4 more. How many?";
const TEXTS = [
  QUESTION,
  " two  blanks ",
  "It's 12345,67 = x?",
  "Tom<|eos|>pens <|bocot|> a",
  "line\n\nend ",
  "HELLO World",
];
const ANSWER = 4;
/** Logarithms of probabilities and leads may differ by so much; the references' own gap between float32 and float64 is up to 7e-6. */
const TOLERANCE = 2e-4;
/** As in the parity tests: so many times the reference's own gap, where a mutant (many latents, say) makes that larger. */
const GAP_FACTOR = 10;

/** What a checkpoint gives: an answer with its numbers, token ids and texts, or a digest of its weights. */
export interface Result {
  readonly answer?: readonly number[];
  readonly logProbs?: readonly number[];
  readonly margins?: readonly number[];
  readonly ids?: readonly (readonly number[])[];
  readonly decoded?: readonly string[];
  readonly plain?: readonly string[];
  readonly weights?: string;
  /** In stored verdicts: digest of ids and texts. */
  readonly texts?: string;
  /** How far the reference's float32 is from its own float64; null where the two answer differently. */
  readonly gap?: number | null;
  /** Ours: a notice says that versions of transformers make other ids. */
  readonly said?: true;
  /** It was asked about 6 where the file has 6.0, which it refuses. */
  readonly spelled?: boolean;
}

/** A refusal, or what was computed. */
export type Ours = { readonly error: unknown } | { readonly error: null; readonly result: Result };

// What a run depends on, as text → what it gave: most mutants are the same model.
const known = new Map<string, Result>();

/** What we make of a changed file. */
export async function readOurs({ target, bytes }: ConfigCase): Promise<Ours> {
  try {
    return { error: null, result: await compute(target, bytes) };
  } catch (error) {
    return { error };
  }
}

async function compute(target: Target, bytes: Uint8Array): Promise<Result> {
  const files = filesFromBytes("case", { ...filesOf(target.model), [target.file]: bytes });
  const base = target.base === null ? undefined : filesFromBytes("base", filesOf(target.base));
  const checkpoint = await openCheckpoint(files, { base });
  try {
    if (target.file.endsWith(".index.json")) return { weights: await digestOf(checkpoint) };
    const tokenizer = tokenizerOf(checkpoint);
    const ids = TEXTS.map((each) => tokenizer.encode(each));
    if (target.file.startsWith("tokenizer"))
      return {
        ...(tokenizer.notices.some((notice) => notice.includes("tokenizer_class is")) ? { said: true } : {}),
        ids,
        decoded: ids.map((some) => tokenizer.decode(some)),
        plain: ids.map((some) => tokenizer.decode(some, { skipSpecial: true })),
      };
    const { config, codi, plan } = checkpoint;
    const scales = [...plan.weights.values()].map(({ lora }) => lora?.scale ?? 0);
    const bases = [...plan.weights.values()].map(({ base: { store, name } }) => `${store.name} ${name}`);
    const key = JSON.stringify([target.model, config, codi, scales, bases, ids[0]]);
    const found = known.get(key) ?? (await run(files, base));
    known.set(key, found);
    return found;
  } finally {
    await checkpoint.close();
  }
}

async function run(files: ReturnType<typeof filesFromBytes>, base: typeof files | undefined): Promise<Result> {
  using model = await CodiModel.load(files, base === undefined ? {} : { base });
  const { answer } = await model.run(QUESTION, { maxNewTokens: ANSWER });
  return {
    answer: answer.ids,
    logProbs: answer.tokens.map(({ logProb }) => logProb),
    margins: answer.tokens.map(({ margin }) => margin),
  };
}

async function digestOf(checkpoint: Checkpoint): Promise<string> {
  const hash = createHash("sha256");
  for (const name of [...checkpoint.plan.weights.keys()].sort()) {
    const { values, lora } = await checkpoint.weight(name);
    hash.update(`${name} ${lora?.scale}\0`);
    for (const { data } of [values, ...(lora === null ? [] : [lora.a, lora.b])])
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex").slice(0, 16);
}

const unchanged = new Map<Target, Promise<Result>>();

function ofUnchanged(target: Target): Promise<Result> {
  const found = unchanged.get(target) ?? compute(target, original(target));
  unchanged.set(target, found);
  return found;
}

/** @returns where two results differ, or null. */
export function difference(ours: Result, theirs: Result): string | null {
  const tolerance = Math.max(TOLERANCE, GAP_FACTOR * (theirs.gap ?? 0));
  if (theirs.texts !== undefined) return digestOfTexts(ours) === theirs.texts ? null : "ids or texts";
  for (const key of ["answer", "ids", "decoded", "plain", "weights"] as const)
    if (JSON.stringify(ours[key]) !== JSON.stringify(theirs[key]))
      return `${key}: ${JSON.stringify(ours[key])?.slice(0, 150)} for ${JSON.stringify(theirs[key])?.slice(0, 150)}`;
  for (const key of ["logProbs", "margins"] as const)
    for (const [i, value] of (ours[key] ?? []).entries()) {
      const other = theirs[key]?.[i] ?? Number.NaN;
      if (!(Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(other))))
        return `${key}: ${value} for ${other}`;
    }
  return null;
}

/** What the reference said: null for a refusal; undefined where it has no say. */
export type Expected = Result | null | undefined;

/** A run that ends because its numbers left float32, or because it is longer than the model, says so: that is a word. */
function faultOf(error: unknown): string | null {
  const said = error instanceof CodiLensError && (error.exitCode === EXIT.partial || /the model has \d+/.test(error.message)); // biome-ignore format: one condition
  return said ? null : refusalFault(error);
}

/** Does the reference have to be asked? An index and a refusal speak for themselves. */
export function needsReference({ target }: ConfigCase, ours: Ours): boolean {
  return ours.error === null && !target.file.endsWith(".index.json");
}

/** Looks at one case. @returns what is wrong, or null; counts in the table. */
export async function judgeConfig(
  each: ConfigCase,
  ours: Ours,
  expected: Expected,
  table: Table,
): Promise<string | null> {
  const { file } = each.target;
  if (ours.error !== null) {
    table.count(`${file}: refused`);
    return faultOf(ours.error);
  }
  const { result } = ours as { readonly result: Result };
  const same = difference(result, await ofUnchanged(each.target));
  if (result.said === true) {
    table.count(`${file}: as unchanged, with a notice that versions of the reference differ`);
    return same === null ? null : `${each.target.model}/${file}: another result than unchanged: ${same}`;
  }
  if (expected === undefined || expected === null) {
    table.count(`${file}: as unchanged${expected === null ? ", the reference refuses" : ""}`);
    return same === null ? null : `${each.target.model}/${file}: another result, ${expected === null ? "where the reference refuses" : "from the same weights"}: ${same}`; // biome-ignore format: one choice
  }
  if (isUndecided(expected)) {
    table.count(`${file}: the reference's float32 and float64 answer differently`);
    return null;
  }
  const wrong = difference(result, expected);
  if (expected.spelled === true) table.difference("6.0 read as 6");
  table.count(`${file}: as the reference${same === null ? " and unchanged" : ", other than unchanged"}`);
  if (wrong === null) return null;
  return `${each.target.model}/${file}: ${same === null ? "as unchanged, the reference computes otherwise" : "other than unchanged and than the reference"}: ${wrong}`; // biome-ignore format: one choice
}

/** Where the reference's own gap is as large as a token's lead, the next tokens are chance. */
function isUndecided({ gap, margins }: Result): boolean {
  return gap === null || (gap !== undefined && GAP_FACTOR * gap >= Math.min(...(margins ?? [])));
}

/** Asks the reference about one case. */
export async function askConfig(reference: Reference, cases: readonly ConfigCase[]): Promise<Expected[]> {
  const questions = cases.map(({ target: { model, file }, bytes }) => ({
    reader: "c" as const,
    bytes: Buffer.from(JSON.stringify({ model, file, text: Buffer.from(bytes).toString("base64"), texts: TEXTS })),
  }));
  const verdicts = await reference.ask(questions);
  return verdicts.map(({ kind, payload }) => (kind === "ok" ? (JSON.parse(payload.toString()) as Result) : null));
}

const BATCH = 40;

interface Judged {
  readonly index: number;
  readonly each: ConfigCase;
  readonly ours: Ours;
}

/** Runs until there were enough cases or the time is over. */
export async function fuzzConfig({ seed, cases, until, reference }: Part): Promise<PartResult> {
  if (reference === null)
    throw new RangeError("The config part needs --python; without it the stored verdicts are replayed");
  const table = new Table();
  const findings: Finding[] = [];
  const dog = startWatchdog("config");
  for (const [, target] of TARGETS) await ofUnchanged(target);
  const batch = async (from: number): Promise<Judged[]> => {
    const all: Judged[] = [];
    for (let index = from; index < Math.min(cases, from + BATCH); index++) {
      dog.begin(index);
      const each = configCase(seed, index);
      all.push({ index, each, ours: await readOurs(each) });
    }
    dog.begin(-1);
    return all;
  };
  let next = await batch(0);
  for (let from = 0; from < cases && Date.now() < until; from += BATCH) {
    const some = next;
    const asked = some.filter(({ each, ours }) => needsReference(each, ours));
    // The reference works on these while we read the next.
    const answers = askConfig(
      reference,
      asked.map(({ each }) => each),
    );
    next = await batch(from + BATCH);
    const expected = new Map((await answers).map((answer, i) => [asked[i]?.index, answer]));
    for (const { index, each, ours } of some) {
      const what = await judgeConfig(each, ours, expected.get(index), table);
      if (what !== null) findings.push(asFinding("config", index, what, kept(each), "case"));
    }
  }
  await dog.stop();
  return { table, findings };
}

/** A case as it is kept: which file of which checkpoint, a line break, its bytes. */
function kept({ target: { model, file }, bytes }: ConfigCase): Uint8Array {
  return Buffer.concat([Buffer.from(`${model}/${file}\n`), bytes]);
}

/** Reads what `kept` wrote. */
export function keptCase(bytes: Uint8Array): ConfigCase {
  const end = bytes.indexOf(10);
  const name = new TextDecoder().decode(bytes.subarray(0, end));
  const found = TARGETS.find(([, { model, file }]) => `${model}/${file}` === name);
  if (found === undefined) throw new RangeError(`No target ${name}`);
  return { target: found[1], bytes: bytes.subarray(end + 1) };
}
