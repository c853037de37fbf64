/** Prefill, latent step and decode step, beside everybody who can do them. */

import { npmPeer, oursByAll, python } from "../contenders/registry.mjs";
import type { Context, Group, Outcome } from "../context.mjs";
import { questionsOf } from "../context.mjs";
import { promptsOf } from "../prompts.mjs";
import { aboutLines, ratioFigure, ratioIn, ratioRows, secondsIn, timingTable } from "../report.mjs";
import { type Case, interleaved } from "../rounds.mjs";
import { digits, gib, type Target } from "../table.mjs";
import { ceilings, plain } from "./ceilings.mjs";
import { exported } from "./exports.mjs";

const ROWS = [1, 8, 64] as const;

async function run(context: Context): Promise<Outcome> {
  const { quick, rounds: count } = context.arguments;
  const model = context.model();
  const lengths = quick ? [16, 64] : [16, 64, 256];
  const prompts = await promptsOf(model, questionsOf([...lengths, 48]));
  const prompt = prompts.at(-1) ?? [];
  const stepsOf = (rows: number): number => (rows >= 64 ? 2 : 4);
  const labels = new Map<string, string>();
  const cases: Case[] = [];
  const add = (key: string, label: string, request: Case["request"]): void => {
    labels.set(key, label);
    cases.push({ key, request });
  };
  for (const [i, length] of lengths.entries())
    add(`prefill ${length}`, `prefill, ${length} tokens`, () => ({ op: "prefill", ids: prompts[i] }));
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
  const absent = (name: string, why: string): { name: string; why: string } => ({ name, why });
  const onnx = context.device === "cpu" ? await exported(context, "onnx") : null;
  const gguf = context.device === "cpu" ? await exported(context, "gguf") : null;
  const places = context.arguments;
  const rounds = await interleaved(context, {
    commands: [
      ...oursByAll(context, "ours-steps", model),
      python(places, "PyTorch", "steps_torch.py", model, context.device),
      ...(context.device === "cuda"
        ? [python(places, "PyTorch TF32", "steps_torch.py", model, "cuda", "tf32")]
        : [
            (onnx === null ? null : npmPeer(places, "onnxruntime-node", "steps_onnx.mjs", "onnxruntime-node", onnx)) ??
              absent("onnxruntime-node", "not installed, or no export"),
            (gguf === null ? null : npmPeer(places, "llama.cpp", "steps_llama.mjs", "node-llama-cpp", gguf)) ??
              absent("llama.cpp", "not installed, or no export"),
          ]),
    ],
    cases,
    rounds: count,
    bytesEach: quick ? 2 ** 29 : 6 * 2 ** 30,
  });
  const limits = await ceilings(context);
  const parameters = rounds.parameters ?? Number.NaN;
  const share64 = (2 * parameters * 64) / secondsIn(rounds, "decode 64") / limits.flops;
  const share1 = (4 * parameters) / secondsIn(rounds, "decode 1") / limits.bandwidth;
  const peak = rounds.peaks.get("ours") ?? Number.NaN;
  const targets: Target[] = [
    target("prefill of 64 tokens, PyTorch / ours", 1, ratioIn(rounds, "prefill 64", "PyTorch")),
    target("latent step at 1 row, PyTorch / ours", 1, ratioIn(rounds, "latent 1", "PyTorch")),
    target("decode step at 64 rows, PyTorch / ours", 1, ratioIn(rounds, "decode 64", "PyTorch")),
    target(
      "the least of all these steps, PyTorch / ours",
      1,
      Math.min(...[...labels.keys()].map((key) => ratioIn(rounds, key, "PyTorch"))),
    ),
    { ...target("share of the measured sgemm peak at 64 rows", 70, 100 * share64), unit: " %" },
    { ...target("share of the measured memory bandwidth at 1 row", 80, 100 * share1), unit: " %" },
    {
      what: "peak memory beyond the weights",
      wanted: 1,
      sense: "at most",
      unit: " GB",
      measured: (peak - 4 * parameters) / 1e9,
    },
  ];
  const lines = [
    `One prompt, float32 everywhere; rows continue a prompt of ${prompt.length} tokens, each with an input of its own. A latent step is one position and the projection, a decode step one position, the head and the best token. The others repeat the prompt's cache, ours shares it.`,
    "",
    ...timingTable(rounds, labels),
    "",
    `A decode step at 64 rows is ${digits((2 * parameters * 64) / 1e9)} GFLOP and takes ${digits(100 * share64)} % of the peak of ${digits(limits.flops / 1e9)} GFLOP/s; at 1 row it reads ${gib(4 * parameters)} at ${digits(100 * share1)} % of ${digits(limits.bandwidth / 1e9)} GB/s.`,
    "",
    ...aboutLines(rounds),
  ];
  const figure = {
    name: "steps",
    alt: "Time of others over ours for prefill, latent and decode steps",
    spec: ratioFigure(
      "Single steps: others' time over ours",
      [`medians and ranges of ${count} interleaved rounds, float32, ${quick ? "tiny shape" : "LLaMA-3.2-1B shape"}`],
      ratioRows(rounds, labels),
    ),
  };
  const drawn = ratioRows(rounds, labels).length > 0;
  return { lines, targets, figures: drawn ? [figure] : [], data: { ...plain(rounds), share64, share1 } };
}

function target(what: string, wanted: number, measured: number): Target {
  return { what, wanted, sense: "at least", unit: "", measured };
}

/** The group. */
export const stepsGroup: Group = { name: "steps", run };
