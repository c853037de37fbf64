/** What the report's script is given, small enough to be handed round. */

import { FEWEST_TO_SAY } from "../../exhibits/number-text.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import { hasLatents } from "../../model/latent/protocols/loop.js";
import { isBuiltIn } from "../../model/latent/protocols/names.js";
import { packAttention, unpackAttention } from "../../studies/baseline/packed-attention.js";
import type { PackedReading } from "../../studies/baseline/record.js";
import type { PageAttention, PageData, PageProblem, PageReading } from "../page/page-data.js";
import type { ProblemAttention, ProblemView, RunData, Summary } from "../summary-types.js";
import { visibleText } from "./html.js";

// With the figures and tables beside it the page stays below 3 MB.
const MOST_READING_CHARACTERS = 1_200_000;

/** @returns data for `page`; the heads of a large model's readings are averaged where all of them would not fit. */
export function pageData(data: RunData, summary: Summary): PageData {
  const layers = [...data.layers].sort((a, b) => a - b);
  const named = new Map<string, { readonly study: string; readonly name: string }>();
  for (const { study, condition } of data.studyRows)
    named.set(`${study}\n${condition}`, { study: visibleText(study), name: visibleText(condition) });
  const places = new Map([...named.keys()].map((key, place) => [key, place]));
  const characters = data.problems.reduce(
    (sum, { attention }) =>
      [...attention.values()].reduce((all, { reading }) => all + (reading?.packed.length ?? 0), sum),
    0,
  );
  const run = runConditions(data, places);
  const isWhole = characters <= MOST_READING_CHARACTERS;
  return {
    latents: data.latents,
    labBlock: labBlock(data),
    layers,
    levels: summary.levels.map(({ level }) => visibleText(level)),
    conditions: [...named.values()],
    problems: data.problems.map((problem) => pageProblem(problem, { layers, places, run, isWhole })),
    fewest: FEWEST_TO_SAY,
  };
}

/** The block that links into the page of `codilens lab` zero latents after; null where the page would run another loop. */
export function labBlock({ protocol, ablateLayer }: Pick<RunData, "protocol" | "ablateLayer">): number | null {
  // What a checkpoint's own files show is what the page runs.
  const isShown = isBuiltIn(protocol) && hasLatents(protocol) && protocolOf(protocol).studies.hasAll;
  return isShown ? ablateLayer : null;
}

interface Known {
  readonly layers: readonly number[];
  readonly places: ReadonlyMap<string, number>;
  /** By problem, the conditions that it was run under. */
  readonly run: ReadonlyMap<string, ReadonlySet<number>>;
  readonly isWhole: boolean;
}

function runConditions(
  { studyRows }: Pick<RunData, "studyRows">,
  places: ReadonlyMap<string, number>,
): Map<string, Set<number>> {
  const run = new Map<string, Set<number>>();
  for (const { study, condition, problemId } of studyRows) {
    const mine = run.get(problemId) ?? new Set();
    mine.add(places.get(`${study}\n${condition}`) ?? -1);
    run.set(problemId, mine);
  }
  return run;
}

function pageProblem(problem: ProblemView, { layers, places, run, isWhole }: Known): PageProblem {
  return {
    id: visibleText(problem.id),
    level: visibleText(problem.difficulty),
    question: problem.question === null ? null : visibleText(problem.question),
    expected: problem.expected,
    answer: visibleText(problem.baseline),
    right: problem.baselineCorrect,
    lens: problem.lens?.map(visibleText) ?? null,
    tokens: problem.tokens?.map(visibleText) ?? null,
    ablated: problem.ablated.map(({ latent, answer, correct }) => ({
      latent,
      answer: visibleText(answer),
      right: correct,
    })),
    changed: problem.changed.flatMap(({ study, condition, answer, correct }) => {
      const place = places.get(`${study}\n${condition}`);
      return place === undefined ? [] : [[place, visibleText(answer), correct] as const];
    }),
    absent: [...places.values()].filter((place) => run.get(problem.id)?.has(place) !== true),
    attention: layers.map((layer) => {
      const read = problem.attention.get(layer);
      return read === undefined ? null : pageAttention(read, isWhole);
    }),
  };
}

function pageAttention({ eot, number, reading }: ProblemAttention, isWhole: boolean): PageAttention {
  const packed = (heads: readonly (readonly number[])[]): string => packAttention(Float32Array.from(heads.flat()));
  return {
    heads: eot.length,
    eot: packed(eot),
    number: number === null ? null : packed(number),
    reading: reading === null ? null : isWhole ? plain(reading) : headMean(reading),
  };
}

function plain({ readers, heads, keys, packed }: PackedReading): PageReading {
  return { readers, heads, keys, packed };
}

function headMean({ readers, heads, keys, packed }: PackedReading): PageReading {
  const values = unpackAttention(packed);
  const means = Float32Array.from({ length: readers.length * keys }, (_, at) => {
    const [reader, key] = [Math.floor(at / keys), at % keys];
    let sum = 0;
    for (let head = 0; head < heads; head++) sum += values[(reader * heads + head) * keys + key] ?? 0;
    return sum / heads;
  });
  return { readers, heads: 1, keys, packed: packAttention(means) };
}
