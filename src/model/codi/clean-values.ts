/** Values for `mean`, `resample`, `shuffle` and `patch`, read from other runs before the intervened one. */

import { UsageError } from "../errors.js";
import { hashText } from "../hash-text.js";
import { formatIntervention, type Intervention, interventionAddresses } from "../hooks/interventions.js";
import { expandSites, type ParsedSite, type SiteName } from "../hooks/names.js";
import { coveredByAny, positionName } from "../hooks/step.js";
import { permutation, seededRandom } from "../tensor/random.js";
import type { CommonOptions, RunResult } from "./run-types.js";
import { type CleanValues, needsCleanValues } from "./writers.js";

/** Runs questions without interventions, capturing sites. */
export type CleanRunner = (questions: readonly string[], sites: readonly SiteName[]) => Promise<RunResult[]>;

/** What clean values are made for. */
export interface CleanRequest {
  readonly interventions: readonly Intervention[];
  readonly questions: readonly string[];
  readonly reference: readonly string[];
  /** Runs that `patch(name)` reads, one a question. */
  readonly sources: NonNullable<CommonOptions["sources"]>;
  readonly seed: number;
  readonly layers: number;
}

/**
 * @returns null when no intervention needs values of other runs.
 * @throws UsageError when `mean` or `resample` is asked for without reference questions, or `patch` without a run that captured its site.
 */
export async function prepareCleanValues(request: CleanRequest, run: CleanRunner): Promise<CleanValues | null> {
  const patches = request.interventions.filter(({ operation }) => operation.kind === "patch");
  for (const patch of patches) checkSource(patch, request);
  const needy = request.interventions.filter(needsCleanValues);
  if (needy.length === 0 && patches.length === 0) return null;
  const sites = [...new Set(needy.flatMap(({ site }) => expandSites([site], request.layers)))];
  const fromOthers = needy.find(({ operation }) => operation.kind !== "shuffle");
  if (fromOthers !== undefined && request.reference.length === 0) {
    throw new UsageError(
      `${formatIntervention(fromOthers)} needs other questions to draw from, found none`,
      "pass reference questions",
    );
  }
  const others = fromOthers === undefined ? [] : await run(request.reference, sites);
  const own = needy.some(({ operation }) => operation.kind === "shuffle") ? await run(request.questions, sites) : [];
  return {
    at: (intervention, site, question, position) => {
      const { operation } = intervention;
      const { kind } = operation;
      if (kind === "patch") return patched(intervention, site, request.sources[operation.from]?.[question], position);
      if (kind === "shuffle") return shuffled(intervention, site, own[question], position, request);
      if (kind === "mean") return mean(intervention, site, others, position);
      return resampled(intervention, site, others, position, request, question);
    },
  };
}

/** Refuses a patch whose run is missing or did not keep what is to be written, before anything is computed. */
function checkSource(intervention: Intervention, { sources, questions, layers }: CleanRequest): void {
  const { operation, site } = intervention;
  if (operation.kind !== "patch") return;
  const label = formatIntervention(intervention);
  const runs = Object.hasOwn(sources, operation.from) ? sources[operation.from] : undefined;
  if (runs === undefined || runs.length !== questions.length) {
    const known = Object.keys(sources).join(", ") || "none given";
    throw new UsageError(
      `${label}: ${runs?.length ?? 0} runs named "${operation.from}" for ${questions.length} questions`,
      `pass one a question in sources; known: ${known}`,
    );
  }
  for (const run of runs) for (const name of expandSites([site], layers)) run.captures.get(name);
}

function patched(
  intervention: Intervention,
  site: ParsedSite,
  source: RunResult | undefined,
  position: string,
): Float32Array {
  const values = source === undefined ? null : valuesAt(source, site, position);
  if (values !== null) return values;
  throw new UsageError(
    `${formatIntervention(intervention)}: that run has no position "${position}"`,
    source === undefined ? "pass it in sources" : `it has ${source.layout.describe()}`,
  );
}

function valuesAt(result: RunResult, site: ParsedSite, position: string): Float32Array | null {
  const activation = result.captures.get(site.name);
  const names = site.axes[1] === "latent" ? latentNames(activation.shape[1] ?? 0, result) : result.layout.names;
  const place = names.indexOf(position);
  if (place < 0) return null;
  const size = activation.shape.slice(2).reduce((product, n) => product * n, 1);
  return activation.data.subarray(place * size, (place + 1) * size);
}

// Under `seed` latent 0 has no projection, so its sites begin at latent 1.
function latentNames(count: number, result: RunResult): string[] {
  const skipped = result.layout.parts.latents - count;
  return Array.from({ length: count }, (_, k) => `latent.${k + skipped}`);
}

function none(intervention: Intervention, position: string): UsageError {
  return new UsageError(
    `${formatIntervention(intervention)}: no reference question has a position "${position}"`,
    "choose positions that all questions have, or longer references",
  );
}

function mean(
  intervention: Intervention,
  site: ParsedSite,
  others: readonly RunResult[],
  position: string,
): Float32Array {
  const found = others.flatMap((result) => valuesAt(result, site, position) ?? []);
  const [first] = found;
  if (first === undefined) throw none(intervention, position);
  return first.map((_, i) => found.reduce((sum, values) => sum + (values[i] ?? 0), 0) / found.length);
}

function resampled(
  intervention: Intervention,
  site: ParsedSite,
  others: readonly RunResult[],
  position: string,
  request: CleanRequest,
  question: number,
): Float32Array {
  const text = request.questions[question] ?? "";
  const different = others.filter((result) => result.question !== text);
  const random = seededRandom(hashText(`${request.seed}|${text}|resample`));
  const donor = different.length === 0 ? undefined : different[random.int(different.length)];
  const values = donor === undefined ? null : valuesAt(donor, site, position);
  if (values === null) throw none(intervention, position);
  return values;
}

function shuffled(
  intervention: Intervention,
  site: ParsedSite,
  own: RunResult | undefined,
  position: string,
  request: CleanRequest,
): Float32Array {
  if (own === undefined) throw none(intervention, position);
  const addresses = interventionAddresses(intervention);
  const places = own.layout.positions.filter((p) => coveredByAny(addresses, p)).map(positionName);
  if (places.length < 2)
    throw new UsageError(
      `${formatIntervention(intervention)}: a shuffle needs at least two positions, found ${places.length}`,
      "address e.g. @latent",
    );
  const order = permutation(places.length, seededRandom(hashText(`${request.seed}|${own.question}|shuffle`)));
  const source = places[order[places.indexOf(position)] ?? -1];
  const values = source === undefined ? null : valuesAt(own, site, source);
  if (values === null) throw none(intervention, position);
  return values;
}
