/** The places that a run has for records, filled from several folders. */

import type { Manifest } from "../../records/manifest.js";
import type { ExperimentRecord } from "../../records/record.js";
import { recordLine } from "../../records/record-line.js";
import type { RecordSource } from "./read-shards.js";

/** Every place that a run has for a record: one for each problem under each condition. */
export class Places {
  readonly wanted: number;
  readonly #problems: readonly unknown[];
  readonly #conditions: ReadonlyMap<string, number>;
  readonly #taken = new Map<number, { readonly record: ExperimentRecord; readonly name: string }>();
  readonly #strangers: string[] = [];
  readonly #different: string[] = [];

  constructor(run: Manifest, conditions: readonly (readonly [string, string])[]) {
    const { problems } = run.fingerprint;
    this.#problems = Array.isArray(problems) ? problems : [];
    this.#conditions = new Map(conditions.map(([study, name], place) => [placeName(study, name), place]));
    this.wanted = this.#problems.length * this.#conditions.size;
  }

  take({ name, records }: RecordSource): void {
    for (const record of records) {
      const place = this.#placeOf(record);
      const before = place === null ? undefined : this.#taken.get(place);
      if (place === null) this.#strangers.push(`${name} holds a record that is none of the run's: ${what(record)}`);
      else if (before === undefined) this.#taken.set(place, { record, name });
      else if (recordLine(before.record) !== recordLine(record))
        this.#different.push(`${before.name} and ${name} hold different records of ${what(record)}`);
    }
  }

  inOrder(): ExperimentRecord[] {
    return [...this.#taken].sort(([a], [b]) => a - b).map(([, { record }]) => record);
  }

  /** The first of each kind: where one record is wrong, thousands are. */
  faults(): string[] {
    return [this.#strangers, this.#different].flatMap(([first, ...others]) =>
      first === undefined ? [] : [others.length === 0 ? first : `${first}, and ${others.length} more`],
    );
  }

  #placeOf({ problem, study, condition }: ExperimentRecord): number | null {
    const place = this.#conditions.get(placeName(study, condition.name));
    if (place === undefined || this.#problems[problem.index] !== problem.id) return null;
    return problem.index * this.#conditions.size + place;
  }
}

function placeName(study: string, condition: string): string {
  return JSON.stringify([study, condition]);
}

function what({ problem, condition }: ExperimentRecord): string {
  return `problem ${JSON.stringify(problem.id)} under ${JSON.stringify(condition.name)}`;
}
