/** Prefill, latent step and decode step of one model, beside everybody who can do them. */

import { npmPeer, oursByAll, python } from "../contenders/registry.mjs";
import type { Context, Figure } from "../context.mjs";
import { questionsOf } from "../context.mjs";
import { promptsOf } from "../prompts.mjs";
import { ratioFigure, ratioIn, ratioRows } from "../report.mjs";
import { type Case, interleaved, type Rounds } from "../rounds.mjs";
import type { Target } from "../table.mjs";
import { exported } from "./exports.mjs";

const ROWS = [1, 8, 64] as const;

/** Whose steps are measured. */
export interface StepsModel {
  readonly folder: string;
  readonly protocol: "codi" | "coconut";
  /** What a contender takes of memory. */
  readonly bytesEach: number;
  /** Of a step of one or a few rows; half of it of one of many. A prefill is measured a quarter as often. */
  readonly steps: number;
}

/** What some rounds gave. */
export interface MeasuredSteps {
  readonly rounds: Rounds;
  /** Case → what it is. */
  readonly labels: ReadonlyMap<string, string>;
  /** Tokens that the rows continue. */
  readonly promptTokens: number;
}

/** Measures them in interleaved rounds. */
export async function measureSteps(context: Context, model: StepsModel): Promise<MeasuredSteps> {
  const { quick, rounds: count } = context.arguments;
  const lengths = quick ? [16, 64] : [16, 64, 256];
  const prompts = await promptsOf(model.folder, questionsOf([...lengths, 48]), model.protocol);
  const prompt = prompts.at(-1) ?? [];
  const stepsOf = (rows: number): number => (rows >= 64 ? model.steps / 2 : model.steps);
  const labels = new Map<string, string>();
  const cases: Case[] = [];
  const add = (key: string, label: string, request: Case["request"]): void => {
    labels.set(key, label);
    cases.push({ key, request });
  };
  const repeat = model.steps / 4;
  for (const [i, length] of lengths.entries())
    add(`prefill ${length}`, `prefill, ${length} tokens`, () => ({ op: "prefill", ids: prompts[i], repeat }));
  for (const rows of ROWS)
    add(`latent ${rows}`, `latent step, ${rows} row${rows === 1 ? "" : "s"}`, (name) =>
      // llama.cpp's Node binding takes tokens only.
      name === "llama.cpp" ? null : { op: "latent", prompt, rows, steps: stepsOf(rows) },
    );
  for (const rows of ROWS)
    add(`decode ${rows}`, `decode step, ${rows} row${rows === 1 ? "" : "s"}`, () => ({
      op: "decode",
      prompt,
      rows,
      steps: stepsOf(rows),
      first: 10,
    }));
  const rounds = await interleaved(context, {
    commands: [...oursByAll(context, "ours-steps", model.folder), ...(await othersOf(context, model.folder))],
    cases,
    rounds: count,
    bytesEach: model.bytesEach,
  });
  return { rounds, labels, promptTokens: prompt.length };
}

type Commands = Parameters<typeof interleaved>[1]["commands"];

async function othersOf(context: Context, folder: string): Promise<Commands> {
  const places = context.arguments;
  const torch = python(places, "PyTorch", "steps_torch.py", folder, context.device);
  if (context.device === "cuda")
    return [torch, python(places, "PyTorch TF32", "steps_torch.py", folder, "cuda", "tf32")];
  const peer = async (name: string, file: string, pkg: string, form: "onnx" | "gguf"): Promise<Commands[number]> => {
    const made = await exported(context, folder, form);
    const command = made === null ? null : npmPeer(places, name, file, pkg, made);
    return command ?? { name, why: "not installed, or no export" };
  };
  return [
    torch,
    await peer("onnxruntime-node", "steps_onnx.mjs", "onnxruntime-node", "onnx"),
    await peer("llama.cpp", "steps_llama.mjs", "node-llama-cpp", "gguf"),
  ];
}

/** What is wanted beside PyTorch. @param of what stands before each, for a model that is not the usual one. */
export function stepTargets({ rounds, labels }: MeasuredSteps, of = ""): Target[] {
  const torch = (what: string, measured: number): Target => ({
    what: `${of}${what}, PyTorch / ours`,
    wanted: 1,
    sense: "at least",
    unit: "",
    measured,
  });
  return [
    torch("prefill of 64 tokens", ratioIn(rounds, "prefill 64", "PyTorch")),
    torch("latent step at 1 row", ratioIn(rounds, "latent 1", "PyTorch")),
    torch("decode step at 64 rows", ratioIn(rounds, "decode 64", "PyTorch")),
    torch(
      "the least of all these steps",
      Math.min(...[...labels.keys()].map((key) => ratioIn(rounds, key, "PyTorch"))),
    ),
  ];
}

/** Times of the others over ours; no figure where nobody else took part. */
export function stepFigures(
  { arguments: { quick, rounds: count } }: Context,
  { rounds, labels }: MeasuredSteps,
  { name, of }: { readonly name: string; readonly of: string },
): Figure[] {
  const rows = ratioRows(rounds, labels);
  if (rows.length === 0) return [];
  const spec = ratioFigure(
    "Single steps: others' time over ours",
    [`medians and ranges of ${count} interleaved rounds, float32, ${quick ? "tiny shape" : of}`],
    rows,
  );
  return [{ name, alt: "Time of others over ours for prefill, latent and decode steps", spec }];
}
