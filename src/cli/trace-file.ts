/** What `trace --out` writes: one run's tensors, with the names of everything along their axes. */

import { putFile } from "../disk/atomic-file.js";
import { writeNpz } from "../model/checkpoint/write-npz.js";
import { type TensorToWrite, writeSafetensors } from "../model/checkpoint/write-safetensors.js";
import { parseSite } from "../model/hooks/names.js";
import type { CodiModel } from "../model/latent/codi-model.js";
import type { RunResult } from "../model/latent/run-types.js";

/** One run, and the model that it is of. */
export interface TracedRun {
  readonly model: CodiModel;
  readonly result: RunResult;
}

/** A tensor with its site and the names of its axes. */
interface NamedTensor {
  readonly tensor: TensorToWrite;
  readonly site: string | null;
  readonly axes: readonly string[];
}

/** Writes NumPy's format where the name ends in `.npz`, else safetensors. @throws EnvironmentError where it cannot be written. */
export function writeTrace(path: string, run: TracedRun): void {
  const named = traceTensors(run);
  const tensors = named.map(({ tensor }) => tensor);
  const metadata = { ...runMetadata(run), ...tensorMetadata(named) };
  putFile(path, path.endsWith(".npz") ? writeNpz(tensors, metadata) : writeSafetensors(tensors, metadata));
}

/**
 * Texts about the run, as both formats keep them; lists are JSON. `positions` names the places of the axes `position`, `query` and
 * `key`, `latents` those of `latent`, `predicting` the positions behind the rows of `logits`; `tokens` has the text of every token.
 */
export function runMetadata({ model, result }: TracedRun): Record<string, string> {
  const { layout, promptIds, answer } = result;
  const text = (id: number): string => model.tokenizer.decode([id]);
  return {
    schema: "2",
    question: result.question,
    protocol: model.protocol,
    answer: answer.text,
    positions: JSON.stringify(layout.names),
    latents: JSON.stringify(layout.names.filter((name) => name.startsWith("latent."))),
    predicting: JSON.stringify(predicting(result)),
    tokens: JSON.stringify({ prompt: promptIds.map(text), answer: answer.ids.map(text) }),
  };
}

/** The positions that predict the answer's tokens: EOT, then all but the last of them. */
function predicting({ layout, answer }: RunResult): string[] {
  const first = firstPredicting(layout);
  return layout.names.slice(first, first + answer.ids.length);
}

function firstPredicting(layout: RunResult["layout"]): number {
  return layout.find({ part: "eot", index: layout.parts.eot - 1 }) ?? 0;
}

function tensorMetadata(named: readonly NamedTensor[]): Record<string, string> {
  const of = (value: (each: NamedTensor) => unknown): string =>
    JSON.stringify(Object.fromEntries(named.map((each) => [each.tensor.name, value(each)])));
  return { sites: of(({ site }) => site), axes: of(({ axes }) => axes) };
}

/** A tensor a site without the batch axis; `logits` are the rows that predict answer tokens. */
function traceTensors({ model, result }: TracedRun): NamedTensor[] {
  const sites = result.captures.sites.map((site): NamedTensor => {
    if (site === "hook_logits") return { tensor: answerLogits(result), site, axes: ["predicting", "vocab"] };
    const { shape, data } = result.captures.get(site);
    const axes = parseSite(site, model.config.layers).axes.slice(1);
    return { tensor: { name: site, dtype: "F32", shape: shape.slice(1), data }, site, axes };
  });
  return [...sites, ids("tokens.prompt", result.promptIds), ids("tokens.answer", result.answer.ids)];
}

function ids(name: string, values: readonly number[]): NamedTensor {
  const tensor = { name, dtype: "I32", shape: [values.length], data: Int32Array.from(values) } as const;
  return { tensor, site: null, axes: ["token"] };
}

function answerLogits(result: RunResult): TensorToWrite {
  const { shape, data } = result.captures.get("hook_logits");
  const vocab = shape[2] ?? 0;
  const first = firstPredicting(result.layout) * vocab;
  const rows = result.answer.ids.length;
  return { name: "logits", dtype: "F32", shape: [rows, vocab], data: data.slice(first, first + rows * vocab) };
}
