/** Products, steps and a short study on every GPU engine of the machine, beside PyTorch on the same card; never an estimate. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context, Group, Outcome } from "../context.mjs";
import { machineLine } from "../context.mjs";
import { aboutLines, timingTable } from "../report.mjs";
import { ceilingsGroup, cudaDevice, plain } from "./ceilings.mjs";
import { type GpuEngines, gpuEngines } from "./gpu-engines.mjs";
import { stepsGroup } from "./steps.mjs";
import { batchedLoops, jobOf, type StudyModel } from "./study-loops.mjs";
import { embeddedModel, randomModel } from "./study-models.mjs";

interface Part {
  readonly name: string;
  readonly run: (context: Context) => Promise<Pick<Outcome, "lines" | "data"> & Partial<Outcome>>;
}

/** What is most wanted comes first: time may run out. */
const PARTS: readonly Part[] = [
  { name: "products", run: ceilingsGroup.run },
  { name: "steps", run: stepsGroup.run },
  { name: "study of the embedded model", run: (context) => study(context, embeddedModel(context)) },
  { name: "study of random weights", run: (context) => study(context, randomModel(context)) },
];

async function run(context: Context): Promise<Outcome> {
  const found = await gpuEngines();
  const torch = await cudaDevice(context);
  const isSoftware = found.engines.some((each) => each.isSoftware);
  const head = headLines(found, torch);
  if (found.engines.length === 0)
    return { lines: head, targets: [], figures: [], data: { device: null, absent: found.absent, torch } };
  // Ceilings of the CPU are not those of the GPU.
  const { ceilings: _, ...rest } = context;
  const own: Context = { ...rest, device: "cuda", engines: found.engines };
  const start = performance.now();
  const outcomes: [string, Outcome][] = [];
  for (const part of PARTS) {
    const left = context.arguments.seconds - (performance.now() - start) / 1000;
    outcomes.push([part.name, await outcomeOf(part, own, left)]);
    keep(context, { ...dataOf(found, torch, outcomes), lines: linesOf(head, outcomes) });
  }
  const targets = outcomes.flatMap(([, outcome]) => outcome.targets);
  return {
    lines: linesOf(head, outcomes),
    // A processor meets and misses nothing that was wanted of a GPU.
    targets: isSoftware ? [] : targets.map((each) => ({ ...each, what: `GPU: ${each.what}` })),
    figures: [],
    data: dataOf(found, torch, outcomes),
    isSoftware,
  };
}

/** A part that fails, or for which no time is left, says so; the others stand. */
async function outcomeOf({ name, run: measure }: Part, context: Context, left: number): Promise<Outcome> {
  const without = (why: string): Outcome => ({
    lines: [`Not measured: ${why}.`],
    targets: [],
    figures: [],
    data: { why },
  });
  if (left <= 0) return without("no time was left");
  context.say(`  ${name} …`);
  const start = performance.now();
  try {
    const { lines, data, targets = [] } = await measure(context);
    const seconds = (performance.now() - start) / 1000;
    return { lines, targets, figures: [], data: { seconds, ...(data as object) } };
  } catch (error) {
    return without((error instanceof Error ? error.message : String(error)).replaceAll("\n", " "));
  }
}

/** Baseline, six ablations and attention of a few problems. */
async function study(context: Context, model: StudyModel): Promise<Pick<Outcome, "lines" | "data">> {
  const job = jobOf(context, model);
  const rounds = await batchedLoops(context, model, job);
  const count = model.questions.length;
  const labels = new Map([...rounds.timings.keys()].map((key) => [key, `${key}, ${count} problems`]));
  const lines = [
    `${count} problems × 7 conditions, zeroed at block ${job.layer}, attention at blocks ${job.layers.join(", ")}.`,
    "",
    ...timingTable(rounds, labels),
    "",
    ...aboutLines(rounds),
  ];
  return { lines, data: plain(rounds) };
}

function headLines({ engines, absent }: GpuEngines, torch: string | null): string[] {
  const missing = absent.map(({ name, why }) => `- ${name} is not measured: ${why}.`);
  const beside = `- PyTorch sees ${torch === null ? "no GPU, and is not measured" : torch}.`;
  if (engines.length === 0) return ["No device.", "", ...missing, beside];
  const software = engines.filter((each) => each.isSoftware).map(({ device }) => device);
  const [first] = engines;
  return [
    ...(software.length === 0
      ? []
      : [`**Computed in software (${software.join(", ")}). Nothing here is a figure of a GPU.**`, ""]),
    ...engines.map(({ label, device }) => `- ${label} computes on ${device}.`),
    ...missing,
    beside,
    "",
    `"ours" is the engine by ${first?.label}. All compute in float32: ours forbids TF32 where the CUDA engine starts (src/model/tensor/float32.ts), and PyTorch uses it only where a column says so.`,
  ];
}

function linesOf(head: readonly string[], outcomes: readonly [string, Outcome][]): string[] {
  return [...head, ...outcomes.flatMap(([name, { lines }]) => ["", `#### ${name}`, "", ...lines])];
}

function dataOf({ engines, absent }: GpuEngines, torch: string | null, outcomes: readonly [string, Outcome][]) {
  return {
    device: engines.map(({ device }) => device).join(", "),
    isSoftware: engines.some((each) => each.isSoftware),
    engines,
    absent,
    torch,
    parts: Object.fromEntries(outcomes.map(([name, { data }]) => [name, data])),
  };
}

/** After each part, so that what was measured stays where a later part is cut off. */
function keep({ arguments: { work } }: Context, measured: object): void {
  mkdirSync(work, { recursive: true });
  writeFileSync(
    join(work, "gpu.json"),
    `${JSON.stringify({ schema: 1, machine: machineLine(), ...measured }, null, 1)}\n`,
  );
}

/** The group. */
export const gpuGroup: Group = { name: "gpu", run };
