/** The readings of a run: those that its options name, and those that are given as values. */

import { UsageError } from "../../../base/errors.js";
import type { Observer } from "../../hooks/observer.js";
import type { SequenceLayout } from "../layout.js";
import type { ReadOptions, RunResult } from "../run-types.js";
import { attentionFlow } from "./attention-flow.js";
import { attentionRows } from "./attention-rows.js";
import { latentStates } from "./cell-recorder.js";
import { components } from "./components.js";
import { latentAttention } from "./latent-attention.js";
import type { Reading, ReadingPlan, Recorder } from "./reading.js";

const NONE: ReadonlyMap<number, never> = new Map<number, never>();

/** What options ask for. */
export interface AskedReadings {
  readonly attention: Reading<RunResult["attention"]> | null;
  readonly reading: Reading<RunResult["reading"]> | null;
  readonly components: Reading<NonNullable<RunResult["components"]>> | null;
  readonly flow: Reading<NonNullable<RunResult["flow"]>> | null;
  readonly latentStates: Reading<NonNullable<RunResult["latentStates"]>> | null;
  readonly others: readonly Reading<unknown>[];
}

/** What a row's result holds of them. */
export type ReadFields = Pick<RunResult, "attention" | "reading" | "components" | "flow" | "latentStates" | "readings">;

/** The readings of a batch that has begun. */
export interface StartedReadings {
  readonly observers: readonly Observer[];
  /** @param failed was a number of the row not finite? */
  of(row: number, layout: SequenceLayout, failed: boolean): ReadFields;
}

/** @throws UsageError where two readings have one name. */
export function askedReadings(options: ReadOptions): AskedReadings {
  const { attentionLayers, readingLayers, flowLayers, readings: others = [] } = options;
  const twice = others.find(({ name }, place) => others.findIndex((other) => other.name === name) < place);
  if (twice !== undefined)
    throw new UsageError(`Two readings are named "${twice.name}"`, "give each its own name: results are kept by it");
  return {
    attention: attentionLayers === undefined ? null : latentAttention(attentionLayers),
    reading: readingLayers === undefined ? null : attentionRows(readingLayers),
    components: options.components === true ? components : null,
    flow: flowLayers === undefined ? null : attentionFlow(flowLayers),
    latentStates: options.latentStates === true ? latentStates : null,
    others,
  };
}

/** Begins a batch for all of them. */
export function startReadings(asked: AskedReadings, plan: ReadingPlan): StartedReadings {
  const all: Recorder<unknown>[] = [];
  const started = <T>(reading: Reading<T> | null): Recorder<T> | null => {
    const recorder = reading?.start(plan) ?? null;
    if (recorder !== null) all.push(recorder);
    return recorder;
  };
  const [attention, reading] = [started(asked.attention), started(asked.reading)];
  const [parts, flow] = [started(asked.components), started(asked.flow)];
  const states = started(asked.latentStates);
  const others = asked.others.map((each) => ({ name: each.name, recorder: started(each) }));
  return {
    observers: all.flatMap(({ observers }) => observers),
    of: (row, layout, failed) => ({
      attention: attention?.of(row, layout) ?? NONE,
      reading: reading?.of(row, layout) ?? NONE,
      components: failed ? null : (parts?.of(row, layout) ?? null),
      flow: failed ? null : (flow?.of(row, layout) ?? null),
      latentStates: states?.of(row, layout) ?? null,
      readings: new Map(
        others.flatMap(({ name, recorder }) => {
          const read = failed ? null : (recorder?.of(row, layout) ?? null);
          return read === null ? [] : [[name, read] as const];
        }),
      ),
    }),
  };
}
