/** Values for `mean`, `resample`, `shuffle`, `patch` and `swap`, read from other runs before the intervened one. */

import { UsageError } from "../../../base/errors.js";
import type { FamilyName } from "../../decoder/family-names.js";
import type { SourceRun } from "../../hooks/bound.js";
import { formatIntervention, type Intervention, interventionAddresses } from "../../hooks/interventions.js";
import { expandSites, type ParsedSite, type SiteName } from "../../hooks/names.js";
import { coveredByAny, positionName } from "../../hooks/step.js";
import { type Drawn, needsOthers, otherQuestions, resampledFrom, shuffledOrder } from "../donors.js";
import type { CommonOptions, RunResult } from "../run-types.js";
import type { CleanValues } from "./writer-context.js";
import { needsCleanValues } from "./writers.js";

/** Runs questions without interventions, capturing sites. */
export type CleanRunner = (questions: readonly string[], sites: readonly SiteName[]) => Promise<RunResult[]>;

/** What clean values are made for. */
export interface CleanRequest {
  readonly interventions: readonly Intervention[];
  readonly questions: readonly string[];
  readonly reference: readonly string[];
  /** Runs that `patch(name)` and `swap(basis,name)` read, one a question. */
  readonly sources: NonNullable<CommonOptions["sources"]>;
  readonly seed: number;
  readonly layers: number;
  readonly family?: FamilyName | undefined;
  readonly features?: readonly SiteName[] | undefined;
  /** The prompt that a question makes. */
  readonly promptOf: (question: string) => readonly number[];
}

/**
 * Values of other runs for `mean`, `resample`, `shuffle`, `patch` and `swap`.
 *
 * @returns null when no intervention needs values of other runs.
 * @throws UsageError for a `patch` or `swap` without a run that captured its site. That `mean` and `resample` have another question to draw on is
 *   for the caller to see to (`checkDonors`).
 */
export async function prepareCleanValues(request: CleanRequest, run: CleanRunner): Promise<CleanValues | null> {
  const patches = request.interventions.filter((each) => sourceName(each) !== null);
  for (const patch of patches) checkSource(patch, request);
  const needy = request.interventions.filter(needsCleanValues);
  if (needy.length === 0 && patches.length === 0) return null;
  const sites = [...new Set(needy.flatMap(({ site }) => expandSites([site], request)))];
  const others = needy.some(needsOthers) ? await run(request.reference, sites) : [];
  const own = needy.some(({ operation }) => operation.kind === "shuffle") ? await run(request.questions, sites) : [];
  const places = request.questions.map((question) => otherQuestions(question, request.reference, request.promptOf));
  /** Places of the reference that are drawn on. */
  const donorsOf = (kind: "mean" | "resample", question: number): number[] => {
    const all = places[question] ?? [];
    if (kind === "mean") return all;
    const one = resampledFrom(request.questions[question] ?? "", request.seed, all);
    return one === undefined ? [] : [one];
  };
  return {
    at: (intervention, site, { question, position }) => {
      const { kind } = intervention.operation;
      const from = sourceName(intervention);
      if (from !== null) return patched(intervention, site, { source: request.sources[from]?.[question], position });
      if (kind === "shuffle") return shuffled(intervention, site, { own: own[question], position, seed: request.seed });
      const donors = donorsOf(kind === "mean" ? "mean" : "resample", question);
      return mean(intervention, site, { donors: donors.flatMap((place) => others[place] ?? []), position });
    },
    drawn: (intervention, question): Drawn | null => {
      const { kind } = intervention.operation;
      const text = formatIntervention(intervention);
      if (kind === "mean" || kind === "resample") return { intervention: text, donors: donorsOf(kind, question) };
      const run = own[question];
      if (kind !== "shuffle" || run === undefined) return null;
      return { intervention: text, order: sourcesOf(intervention, run, request.seed) };
    },
  };
}

/** Name of the run that an operation reads, or null. */
function sourceName({ operation }: Intervention): string | null {
  return operation.kind === "patch" || operation.kind === "swap" ? operation.from : null;
}

/** Refuses a patch or swap whose run is missing or did not keep what is to be written, before anything is computed. */
function checkSource(intervention: Intervention, request: CleanRequest): void {
  const { sources, questions } = request;
  const from = sourceName(intervention);
  if (from === null) return;
  const label = formatIntervention(intervention);
  const runs = Object.hasOwn(sources, from) ? sources[from] : undefined;
  if (runs === undefined || runs.length !== questions.length) {
    const known = Object.keys(sources).join(", ") || "none given";
    throw new UsageError(
      `${label}: ${runs?.length ?? 0} runs named "${from}" for ${questions.length} questions`,
      `pass one a question in sources; known: ${known}`,
    );
  }
  for (const run of runs) for (const name of expandSites([intervention.site], request)) run.captures.get(name);
}

function patched(
  intervention: Intervention,
  site: ParsedSite,
  { source, position }: { readonly source: SourceRun | undefined; readonly position: string },
): Float32Array {
  const values = source === undefined ? null : valuesAt(source, site, position);
  if (values !== null) return values;
  throw new UsageError(
    `${formatIntervention(intervention)}: that run has no position "${position}"`,
    source === undefined ? "pass it in sources" : `it has ${source.layout.describe()}`,
  );
}

function valuesAt(result: SourceRun, site: ParsedSite, position: string): Float32Array | null {
  const activation = result.captures.get(site.name);
  const names = site.axes[1] === "latent" ? latentNames(activation.shape[1] ?? 0, result) : result.layout.names;
  const place = names.indexOf(position);
  if (place < 0) return null;
  const size = activation.shape.slice(2).reduce((product, n) => product * n, 1);
  return activation.data.subarray(place * size, (place + 1) * size);
}

// Under `seed` latent 0 has no projection, so its sites begin at latent 1.
function latentNames(count: number, result: SourceRun): string[] {
  const skipped = result.layout.parts.latents - count;
  return Array.from({ length: count }, (_, k) => `latent.${k + skipped}`);
}

function none(intervention: Intervention, position: string): UsageError {
  return new UsageError(
    `${formatIntervention(intervention)}: no reference question has a position "${position}"`,
    "choose positions that all questions have, or longer references",
  );
}

/** Mean over the donors that have the position; of one donor, its own values. */
function mean(
  intervention: Intervention,
  site: ParsedSite,
  { donors, position }: { readonly donors: readonly RunResult[]; readonly position: string },
): Float32Array {
  const found = donors.flatMap((result) => valuesAt(result, site, position) ?? []);
  const [first] = found;
  if (first === undefined) throw none(intervention, position);
  if (found.length === 1) return first;
  return first.map((_, i) => found.reduce((sum, values) => sum + (values[i] ?? 0), 0) / found.length);
}

function shuffled(
  intervention: Intervention,
  site: ParsedSite,
  { own, position, seed }: { readonly own: RunResult | undefined; readonly position: string; readonly seed: number },
): Float32Array {
  if (own === undefined) throw none(intervention, position);
  const source = sourcesOf(intervention, own, seed)[addressed(intervention, own).indexOf(position)];
  const values = source === undefined ? null : valuesAt(own, site, source);
  if (values === null) throw none(intervention, position);
  return values;
}

/** Where each addressed position's values come from. */
function sourcesOf(intervention: Intervention, own: RunResult, seed: number): string[] {
  const places = addressed(intervention, own);
  if (places.length < 2)
    throw new UsageError(
      `${formatIntervention(intervention)}: a shuffle needs at least two positions, found ${places.length}`,
      "address e.g. @latent",
    );
  return shuffledOrder(own.question, seed, places.length).flatMap((from) => places[from] ?? []);
}

function addressed(intervention: Intervention, own: RunResult): string[] {
  const addresses = interventionAddresses(intervention);
  return own.layout.positions.filter((p) => coveredByAny(addresses, p)).map(positionName);
}
