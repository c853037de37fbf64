/** What the studies are summed up from: one problem under one condition, and the records that it comes from. */

/** One problem under one condition of a study. */
export interface StudyRow {
  readonly study: string;
  readonly condition: string;
  readonly factors: Readonly<Record<string, number | string>>;
  readonly problemId: string;
  readonly baselineCorrect: boolean;
  readonly correct: boolean;
  /** Change of the expected number's log-probability, nats; null where it was not measured. */
  readonly deltaLogProb: number | null;
  readonly kl: number | null;
}

/** A completed run's record, as far as every study knows it; what studies keep in it are further fields. */
export interface StudyRecord {
  readonly study: string;
  readonly status: string;
  readonly problem: {
    readonly id: string;
    readonly index: number;
    readonly difficulty?: string;
    readonly question: string;
    readonly expected: number | string | boolean;
    readonly steps?: readonly (number | null)[] | undefined;
  };
  readonly condition: {
    readonly name: string;
    readonly interventions: readonly string[];
    readonly latents?: number | undefined;
    readonly factors?: Readonly<Record<string, number | string>> | undefined;
  };
  readonly [field: string]: unknown;
}

/**
 * One of a record's further fields, checked when the record was read; undefined where it was not kept.
 * @example
 * ```ts
 * const [record] = loadRun(dir).records;
 * record && fieldOf<boolean>({ ...record, mine: true }, "mine"); // → true
 * ```
 */
export function fieldOf<T>(record: StudyRecord, field: string): T | undefined {
  return record[field] as T | undefined;
}

/**
 * Rows by condition, in the order of the conditions' first rows.
 * @example
 * ```ts
 * const row = { study: "mine", factors: {}, baselineCorrect: true, correct: false, deltaLogProb: -2, kl: 0.5 };
 * const rows = ["a", "b"].map((problemId) => ({ ...row, condition: "zeroed", problemId }));
 * byCondition(rows).get("zeroed")?.length; // → 2
 * ```
 */
export function byCondition<Row extends StudyRow>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.condition, [...(groups.get(row.condition) ?? []), row]);
  return groups;
}

/** What rows are joined with. */
export interface RowSources {
  readonly rows: readonly StudyRow[];
  readonly records: readonly StudyRecord[];
  readonly baselines: readonly StudyRecord[];
}

/** Rows with what a study keeps in their records, or can tell from these beside the same problem's record without intervention. */
export function rowsWith<More extends object>(
  { rows, records, baselines }: RowSources,
  of: (record: StudyRecord, baseline: StudyRecord) => More,
): (StudyRow | (StudyRow & More))[] {
  const clean = new Map(baselines.map((record) => [record.problem.id, record]));
  const keyOf = (problemId: string, condition: string): string => `${problemId}\n${condition}`;
  const known = new Map(records.map((record) => [keyOf(record.problem.id, record.condition.name), record]));
  return rows.map((row) => {
    const record = known.get(keyOf(row.problemId, row.condition));
    const baseline = clean.get(row.problemId);
    return record === undefined || baseline === undefined ? row : { ...row, ...of(record, baseline) };
  });
}
