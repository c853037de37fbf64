/** Reverse mode over a batch: one forward, one way back. */

import { NumericError } from "../../../base/errors.js";
import { Tape } from "../../gradient/tape.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Tensor } from "../../tensor/tf.js";
import { Captures, SiteRecorder } from "../readings/capture.js";
import { type ReadyMetric, readyMetric } from "./metrics.js";
import { RecordedSites } from "./recorded-sites.js";
import { type PlannedForward, runForward } from "./run-forward.js";
import { SiteReads } from "./site-reads.js";
import { type Spot, spotOf } from "./stretches.js";
import { tappedSites } from "./tapped-sites.js";
import { GradientTaps } from "./taps.js";
import type { GradientResult, Metric } from "./types.js";

/** What is asked of a batch. */
export interface GradientRequest {
  readonly sites: readonly ParsedSite[];
  readonly pins: boolean;
  /** By question of the batch. */
  readonly metricOf: (question: number) => Metric;
}

/** One question's metric and where it reads. */
interface MetricOfRow {
  readonly metric: ReadyMetric;
  readonly spots: readonly Spot[];
}

/** @returns a result a question, in their order. @throws NumericError where the metric is not finite. */
export async function gradientsOf(
  forward: PlannedForward,
  { sites, pins, metricOf }: GradientRequest,
): Promise<GradientResult[]> {
  const metrics = forward.rows.map((_, question) => metricAt(forward, { question, metric: metricOf(question) }));
  const reads = readsOf(metrics);
  const tape = new Tape();
  const kept = new RecordedSites(sites);
  const taps = new GradientTaps(tape, { sites: tappedSites(sites, { pins, loop: forward.loop }), pins, kept });
  const recorders = sites.map((site) => new SiteRecorder(site));
  const observers = [...taps.taps, ...[...recorders, ...reads].map(({ observer }) => observer)];
  try {
    await runForward(forward, { observers, recorder: tape });
    const values = await goBack(metrics, { reads, tape, taps, forward });
    await kept.read();
    return forward.rows.map(({ row, layout }, question) => ({
      question: forward.batch.questions[question] ?? "",
      value: values[question] ?? Number.NaN,
      gradients: kept.of(row, layout),
      captures: new Captures(
        recorders.map((recorder) => recorder.assemble(row, layout)),
        { layout, numberToken: null },
      ),
    }));
  } finally {
    tape.dispose();
    kept.dispose();
  }
}

function metricAt(
  { loop, rows }: PlannedForward,
  { question, metric }: { readonly question: number; readonly metric: Metric },
): MetricOfRow {
  const { row, layout } = rows[question] ?? {};
  if (row === undefined || layout === undefined) throw new RangeError(`No row of question ${question}`);
  const { config } = loop.decoder;
  const ready = readyMetric(metric, { model: config, layout, vocab: loop.logitRows });
  return { metric: ready, spots: ready.reads.map(({ site, address }) => spotOf(site, address, { row, layout, loop })) };
}

/** All metrics' readings, site by site. */
function readsOf(metrics: readonly MetricOfRow[]): SiteReads[] {
  const bySite = new Map<string, Spot[]>();
  for (const { spots } of metrics)
    for (const spot of spots) bySite.set(spot.site.name, [...(bySite.get(spot.site.name) ?? []), spot]);
  return [...bySite.values()].flatMap((spots) => {
    const [first] = spots;
    return first === undefined ? [] : [new SiteReads(first.site, spots)];
  });
}

/** @returns the metrics' values. */
async function goBack(
  metrics: readonly MetricOfRow[],
  {
    reads,
    tape,
    taps,
    forward,
  }: {
    readonly reads: readonly SiteReads[];
    readonly tape: Tape;
    readonly taps: GradientTaps;
    readonly forward: PlannedForward;
  },
): Promise<number[]> {
  const values: number[] = [];
  const gradients: { readonly spot: Spot; readonly gradient: Float32Array }[] = [];
  const readsAt = (site: ParsedSite): SiteReads => {
    const found = reads.find((each) => each.site.name === site.name);
    if (found === undefined) throw new RangeError(`Nothing reads ${site.name}`);
    return found;
  };
  for (const [question, { metric, spots }] of metrics.entries()) {
    const found = await metric.of(spots.map((spot) => readsAt(spot.site).valuesOf(spot)));
    if (!Number.isFinite(found.value))
      throw new NumericError(
        `The metric of question ${question} of the batch (${JSON.stringify(forward.batch.questions[question])}) is ${found.value}`,
        "look where numbers stop being finite: model.run says it",
      );
    values.push(found.value);
    for (const [place, spot] of spots.entries())
      gradients.push({ spot, gradient: found.gradients[place] ?? new Float32Array() });
  }
  const seeds = new Map<number, Tensor>();
  for (const each of reads) {
    const own = gradients.filter(({ spot }) => spot.site.name === each.site.name);
    for (const [id, seed] of each.seeds(own)) seeds.set(id, seed);
  }
  try {
    tape.backward(taps.seeded(seeds));
  } finally {
    for (const seed of seeds.values()) seed.dispose();
  }
  return values;
}
