/** What each component contributes to the answer's number and to the latents' inputs. */

import { hashText } from "../../base/hash-text.js";
import { seededRandom } from "../../base/random.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { otherQuestions } from "../../model/latent/donors.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { Contributions, Target } from "../../model/latent/readings/attribution.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { Kept } from "../fields.js";
import type { ReadContext, RunFacts } from "../read-context.js";
import { type SizedProblem, type Work, type WorkFacts, workOfRows } from "../work.js";
import { numberTokensLike } from "./number-tokens.js";
import type { ResidualReading } from "./record.js";

/** Takes the answer's number and the latents' inputs of baselines apart, which were run with `components`. */
export async function readResiduals({ model, runs, facts }: ReadContext): Promise<Kept[]> {
  const donors = runs.map(({ problem }) => donorOf(model, problem.question, facts));
  const questionOf = (donor: number | null | undefined): string => facts.reference[donor ?? -1] ?? "";
  const questions = [...new Set(donors.flatMap((donor) => (donor === null ? [] : [questionOf(donor)])))];
  // Only their latents are read.
  const others = questions.length === 0 ? [] : await model.runBatch(questions, { components: true, maxNewTokens: 1 });
  const kept: Kept[] = [];
  for (const [i, { result }] of runs.entries()) {
    const index = donors[i] ?? null;
    const donor = { index, run: index === null ? undefined : others[questions.indexOf(questionOf(index))] };
    kept.push(await readOne(model, result, { seed: facts.seed, ...donor }));
  }
  return kept;
}

/** The other problem's latents, whose question is taken to be as long. */
export function donorWork(facts: WorkFacts, { tokens }: SizedProblem): Work[] {
  return workOfRows(facts, { rows: 1, tokens });
}

/** Another of the problems that `resample` draws from, the same one for the same question and seed: its place among them. */
function donorOf(model: CodiModel, question: string, { seed, reference }: RunFacts): number | null {
  const others = otherQuestions(question, reference, (each) => model.promptIds(each));
  return others[seededRandom(hashText(`${seed}|${question}|residual`)).int(Math.max(1, others.length))] ?? null;
}

/** Are the latents' inputs made of states before them? A learned vector is not. */
function isMadeOfStates({ protocol }: CodiModel): boolean {
  const { feedback } = protocolOf(protocol);
  return feedback === "projection" || feedback === "identity";
}

/** The run that is the control; without another problem there is none. */
interface Donor {
  /** Its problem's place. */
  readonly index: number | null;
  readonly run: RunResult | undefined;
}

async function readOne(
  model: CodiModel,
  run: RunResult,
  { seed, index, run: donor }: Donor & { readonly seed: number },
): Promise<Kept> {
  const tokens = await tokensOf(model, seed, run);
  const inputs = isMadeOfStates(model)
    ? Array.from({ length: model.codi.numLatents }, (_, latent) => inputAt(run, latent))
    : [];
  const others =
    inputs.length === 0 || donor === undefined || donor.failure !== null
      ? null
      : inputs.map((_, k) => inputAt(donor, k));
  const targets: Target[] = [
    ...(tokens?.ids ?? []).map((token): Target => ({ kind: "logit", position: tokens?.position ?? "", token })),
    // Along the input itself, of length 1, over its norm: shares that sum to 1. Along another's: they sum to the cosine of the two.
    ...inputs.map((input, latent): Target => ({ kind: "input", latent, along: unit(input, norm(input)) })),
    ...(others ?? []).map(
      (other, latent): Target => ({
        kind: "input",
        latent,
        along: unit(other, norm(inputs[latent] ?? other)),
      }),
    ),
  ];
  const found = await model.attribute(run, targets);
  const hasBiases = found.some(({ biases }) => biases !== undefined);
  const lost = found.map(gapOf).find((gap) => gap !== null);
  if (lost !== undefined && lost !== null) return { error: lost };
  const logits = found.splice(0, tokens?.ids.length ?? 0);
  const own = found.splice(0, inputs.length);
  const text = (id: number | undefined): string => model.tokenizer.tokenText(id ?? 0);
  const [answer, alternative, control] = logits;
  const residual: ResidualReading = {
    layers: model.config.layers,
    heads: model.config.heads,
    ...(hasBiases ? { hasBiases } : {}),
    number:
      tokens === null || answer === undefined || alternative === undefined || control === undefined
        ? null
        : {
            position: tokens.position,
            tokens: { answer: text(tokens.ids[0]), alternative: text(tokens.ids[1]), control: text(tokens.ids[2]) },
            answer: listed(answer),
            alternative: listed(alternative),
            control: listed(control),
          },
    inputs: own.map(listed),
    others: others === null ? null : found.map(listed),
    donor: others === null ? null : index,
  };
  return { fields: { residual } };
}

interface ChosenTokens {
  readonly position: string;
  /** Of the answer, the number that would have come next, and one drawn at random. */
  readonly ids: readonly [number, number, number];
}

/** @returns null where the answer has no number, or the vocabulary no two others that could stand in its place. */
async function tokensOf(model: CodiModel, seed: number, run: RunResult): Promise<ChosenTokens | null> {
  const { numberToken, ids } = run.answer;
  const answer = numberToken === null ? undefined : ids[numberToken];
  if (numberToken === null || answer === undefined) return null;
  const last = run.layout.names.at(-1 - run.layout.parts.answer) ?? "eot";
  const position = numberToken === 0 ? last : `answer.${numberToken - 1}`;
  const logits = await model.logitsAt(run, position);
  const others = numberTokensLike(model, answer).filter((id) => id < logits.length);
  if (others.length < 2) return null;
  const value = (id: number): number => logits[id] ?? Number.NEGATIVE_INFINITY;
  const alternative = others.reduce((best, id) => (value(id) > value(best) ? id : best));
  const rest = others.filter((id) => id !== alternative);
  const random = seededRandom(hashText(`${seed}|${run.question}|residual control`));
  return { position, ids: [answer, alternative, rest[random.int(rest.length)] ?? alternative] };
}

// Float32 noise stays a hundred times below; a component that was forgotten does not.
const MOST_GAP = 1e-4;

/** What the parts fail to sum to, where it is more than float32 noise of numbers of their size. */
export function gapOf(contributions: Contributions): { name: string; message: string } | null {
  const { whole } = contributions;
  const parts = partsOf(contributions);
  const sum = parts.reduce((total, part) => total + part, 0);
  const size = parts.reduce((total, part) => total + Math.abs(part), 0);
  if (Math.abs(sum - whole) <= MOST_GAP * size) return null;
  return {
    name: "ControlError",
    message: `contributions must sum to the whole, but they sum to ${sum} and it is ${whole}`,
  };
}

/** In the record's order (`components.ts`), five digits each; then the whole. */
function listed(contributions: Contributions): number[] {
  return [...partsOf(contributions), contributions.whole].map((value) => Number(value.toPrecision(5)));
}

/** Those of a family that lacks some are left out, as in the record. */
function partsOf({ embed, position, heads, mlp, biases, bias }: Contributions): number[] {
  const only = (value: number | undefined): number[] => (value === undefined ? [] : [value]);
  const blocks = heads.flatMap((row, layer) => [
    ...row,
    ...only(biases?.attention[layer]),
    mlp[layer] ?? Number.NaN,
    ...only(biases?.mlp[layer]),
  ]);
  return [embed, ...only(position), ...blocks, ...only(biases?.finalNorm), bias];
}

function inputAt({ components }: RunResult, latent: number): Float32Array {
  const input = components?.embed.get(`latent.${latent}`);
  if (input === undefined) throw new RangeError(`The run kept no input of latent ${latent}`);
  return input;
}

function norm(x: Float32Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
}

/** `x` of length 1, divided by `whole`. */
function unit(x: Float32Array, whole: number): number[] {
  const length = norm(x) * whole;
  return Array.from(x, (value) => (length === 0 ? 0 : value / length));
}
