/** Runs the maps of a pair: all cells of a map that branch alike are rows of one batch, and each recomputes only from where it is patched. */

import { UsageError } from "../../base/errors.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { numberOrNull } from "../../model/latent/run/run-score.js";
import type { Condition, RunResult } from "../../model/latent/run-types.js";
import type { RunFacts } from "../read-context.js";
import { cellsOf, PATCH_SITES, type PairShape, type PatchCell, type PatchMap } from "./grid.js";
import { contrastOf, type Pair } from "./pairs.js";
import { mapPredictor } from "./predictions.js";
import type { KeptPair, Patched } from "./record.js";
import { story } from "./story.js";

/** A map as the record has it, or the error that makes it a failure. */
export type MapOutcome =
  | { readonly map: Patched["map"]; readonly kept?: NonNullable<Patched["kept"]> }
  | { readonly error: { readonly name: string; readonly message: string } };

/** What a pair's maps came to. */
export interface PatchedPair {
  readonly pair: KeptPair;
  readonly maps: readonly MapOutcome[];
}

const BASELINE: Condition = { name: "baseline", interventions: [] };
// Captured activations of the runs that are patched from; one pair at a time is held.
const CAPTURE_BYTES = 2 ** 31;
const SPARE_TOKENS = 4;
// Few rows leave the machine idle, too many fill its memory.
const ROWS = 768;

type PatchOptions = Pick<RunFacts, "maxNewTokens" | "onForward">;

/** @param maps what is asked for; a map that has no source (no unrelated problem) is null. */
export async function patchPair(
  model: CodiModel,
  pair: Pair,
  { maps, maxNewTokens, onForward }: PatchOptions & { readonly maps: readonly PatchMap[] },
): Promise<PatchedPair> {
  const { clean, counterfactual, unrelated } = pair;
  const isRun = unrelated !== null && maps.some(({ control }) => control === "unrelated");
  const captured = await model.runBatch(
    [clean.question, counterfactual.question, ...(isRun ? [unrelated.question] : [])],
    {
      ...{ maxNewTokens, capture: PATCH_SITES, captureBudgetBytes: CAPTURE_BYTES },
      // The unrelated run's answer is not known.
      knownAnswers: [clean.answer.ids, counterfactual.answer.ids, ...(isRun ? [[]] : [])],
    },
  );
  const [own, other, third] = [...captured] as [RunResult, RunResult, RunResult | undefined];
  const shape = shapeOf(model, pair);
  // A patched answer that runs on is cut: it is not the other run's, and every token takes memory in all rows.
  const longest = Math.max(clean.answer.ids.length, counterfactual.answer.ids.length) + SPARE_TOKENS;
  const runner = new PairRunner(model, pair, {
    maxNewTokens: Math.min(maxNewTokens, longest),
    ...(onForward === undefined ? {} : { onForward }),
  });
  const plans = maps.map((map) => {
    const source = map.control === "identity" ? "self" : map.control === "unrelated" ? "unrelated" : "other";
    return { map, cells: source === "unrelated" && third === undefined ? [] : cellsOf(map, shape, source) };
  });
  const differences: Record<PatchMap["base"], number> = { clean: Number.NaN, counterfactual: Number.NaN };
  const results = new Map<PatchCell, RunResult>();
  for (const base of ["clean", "counterfactual"] as const) {
    const cells = plans.filter(({ map }) => map.base === base).flatMap((plan) => plan.cells);
    const sources = base === "clean" ? { self: [own], other: [other] } : { self: [other], other: [own] };
    const all = third === undefined ? sources : { ...sources, unrelated: [third] };
    const { baseline, rows } = await runner.run(base, cells, all);
    differences[base] = differenceOf(baseline, base);
    for (const [i, cell] of cells.entries()) results.set(cell, rows[i] as RunResult);
  }
  const predict = maps.some(({ isPredicted }) => isPredicted)
    ? await mapPredictor(model, pair, { source: other.captures })
    : null;
  return {
    pair: keptPair(model, pair, differences),
    maps: plans.map(({ map, cells }): MapOutcome => {
      const outcome = outcomeOf(map, cells, { results, pair, differences });
      const isKept = predict !== null && map.isPredicted === true && "map" in outcome;
      return isKept ? { ...outcome, kept: { [story.name]: predict(cells) } } : outcome;
    }),
  };
}

/** What the cells of a pair's maps depend on. */
export function shapeOf({ config, codi }: CodiModel, { clean, changed, parts }: Pair): PairShape {
  return {
    depth: config.layers,
    heads: config.heads,
    latents: codi.numLatents,
    changed,
    lastQuestion: clean.layout.parts.question - 1,
    before: parts === 0 ? null : parts - 1,
  };
}

class PairRunner {
  constructor(
    readonly model: CodiModel,
    readonly pair: Pair,
    readonly options: PatchOptions,
  ) {}

  /** All cells on one of the two questions, with its baseline. */
  async run(
    base: PatchMap["base"],
    cells: readonly PatchCell[],
    sources: Readonly<Record<string, readonly RunResult[]>>,
  ): Promise<{ baseline: RunResult; rows: RunResult[] }> {
    const { question, answer } = base === "clean" ? this.pair.clean : this.pair.counterfactual;
    const most = Math.max(1, Math.min(ROWS, this.model.limits({ ...this.options, rowsPerBatch: ROWS }).rows) - 1);
    let baseline: RunResult | undefined;
    const found = new Map<PatchCell, RunResult>();
    for (const part of cells.length === 0 ? [[]] : parted(cells, most)) {
      const conditions = [BASELINE, ...part.map(({ condition }) => condition)];
      const [[first, ...rows] = []] = await this.model.runConditions([question], conditions, {
        ...this.options,
        sources,
        contrasts: [contrastOf(this.pair, base)],
        knownAnswers: [answer.ids],
      });
      baseline ??= first;
      for (const [i, cell] of part.entries()) found.set(cell, rows[i] as RunResult);
    }
    if (baseline === undefined) throw new RangeError("A pair has no baseline");
    return { baseline, rows: cells.map((cell) => found.get(cell) as RunResult) };
  }
}

/** Cells that branch in one place go together: rows with prompts of their own would make those that share theirs copy it. */
function parted(cells: readonly PatchCell[], most: number): PatchCell[][] {
  const byStart = new Map<string, PatchCell[]>();
  for (const cell of cells) {
    const start = startOf(cell);
    byStart.set(start, [...(byStart.get(start) ?? []), cell]);
  }
  return [...byStart.values()].flatMap((part) =>
    Array.from({ length: Math.ceil(part.length / most) }, (_, i) => part.slice(i * most, (i + 1) * most)),
  );
}

/** Does a cell change what the latents begin with? */
function startOf({ condition }: PatchCell): "prompt" | "later" {
  const addresses = condition.interventions.flatMap((each) => each.addresses);
  return addresses.some((at) => at === "all" || at === "bot" || at.startsWith("question")) ? "prompt" : "later";
}

/** Clean number's logit less the counterfactual's, whichever question was run. */
export function differenceOf({ score }: RunResult, base: PatchMap["base"]): number {
  const difference = numberOrNull(score.logitDifference) ?? Number.NaN;
  return base === "clean" ? difference : -difference;
}

// Float32 noise between two ways through the same numbers stays far below; a wrong patch does not.
const MOST_IDENTITY_CHANGE = 1e-3;

function outcomeOf(
  map: PatchMap,
  cells: readonly PatchCell[],
  {
    results,
    pair,
    differences,
  }: {
    readonly results: ReadonlyMap<PatchCell, RunResult>;
    readonly pair: Pair;
    readonly differences: Readonly<Record<PatchMap["base"], number>>;
  },
): MapOutcome {
  if (cells.length === 0) return { map: null };
  const rows = [...new Set(cells.map(({ row }) => row))];
  const columns = [...new Set(cells.map(({ column }) => column))];
  const at = new Map(cells.map((cell) => [`${cell.row}|${cell.column}`, cell]));
  const read = <T>(of: (run: RunResult, cell: PatchCell) => T): T[][] =>
    rows.map((row) =>
      columns.map((column) => {
        const cell = at.get(`${row}|${column}`) as PatchCell;
        return of(results.get(cell) as RunResult, cell);
      }),
    );
  const base = differences[map.base];
  const own = pair.numbers[map.base];
  for (const cell of cells) {
    const run = results.get(cell) as RunResult;
    const difference = differenceOf(run, map.base);
    const where = `patching ${cell.row}, ${cell.column}`;
    if (run.failure !== null) return { error: { name: run.failure.name, message: `${where}: ${run.failure.message}` } };
    if (!Number.isFinite(difference))
      return { error: { name: "NumericError", message: `${where}: the logit difference is not finite` } };
    const changed =
      map.control === "identity"
        ? identityError({ difference, number: numberOf(run), where }, { difference: base, number: own })
        : null;
    if (changed !== null) return { error: changed };
  }
  return {
    map: {
      rows,
      columns,
      differences: read((run) => differenceOf(run, map.base)),
      numbers: read(numberOf),
      unrelated: map.control === "unrelated" ? (pair.unrelated?.question ?? null) : null,
    },
  };
}

/** What a run patched with its own activations must not do; null where it stayed as it is. */
export function identityError(
  patched: { readonly difference: number; readonly number: number | null; readonly where: string },
  own: { readonly difference: number; readonly number: number },
): { readonly name: string; readonly message: string } | null {
  const most = MOST_IDENTITY_CHANGE * Math.max(1, Math.abs(own.difference));
  if (Math.abs(patched.difference - own.difference) <= most && patched.number === own.number) return null;
  return {
    name: "ControlError",
    message: `a run patched with its own activations must not change, but ${patched.where} made the logit difference ${patched.difference} from ${own.difference} and the answer ${patched.number ?? "no number"} from ${own.number}`,
  };
}

function numberOf({ answer }: RunResult): number | null {
  return answer.parsed.kind === "number" ? answer.parsed.value : null;
}

/** A pair as its record has it. */
export function keptPair(
  { tokenizer }: CodiModel,
  { clean, counterfactual, given, changed, numbers }: Pair,
  differences: KeptPair["differences"],
): KeptPair {
  if (!Number.isFinite(differences.clean) || !Number.isFinite(differences.counterfactual))
    throw new UsageError("A pair's logit differences are not finite", "report this");
  const text = (run: RunResult, position: number): string => tokenizer.decode([run.promptIds[position] ?? 0]);
  const said = ({ lens }: RunResult): string[] => lens.map(({ top }) => top[0]?.text ?? "");
  return {
    status: "kept",
    question: counterfactual.question,
    given,
    changed: changed.map((position) => ({
      position,
      from: text(clean, position),
      to: text(counterfactual, position),
    })),
    answers: { clean: clean.answer.text, counterfactual: counterfactual.answer.text },
    numbers,
    lens: { clean: said(clean), counterfactual: said(counterfactual) },
    differences,
  };
}
