/** Describes a checkpoint as data: its tensors, what they were recognised as, what would be merged, and what a load takes. */

import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { BadInputError } from "../base/errors.js";
import { type Assumed, assumedNotice } from "../model/assumed.js";
import { openFolder } from "../model/checkpoint/folder.js";
import type { Checkpoint } from "../model/checkpoint/load.js";
import { openCheckpointFolder } from "../model/checkpoint/open-folder.js";
import { tensorsOfPlan } from "../model/checkpoint/planned-weights.js";
import { isStageZero } from "../model/checkpoint/stage-zero.js";
import { storedBytes, type TensorStore } from "../model/checkpoint/store.js";
import { openWeightFile } from "../model/checkpoint/weight-files.js";
import { FAMILY_TITLES } from "../model/decoder/family-names.js";
import { type LoadEstimate, loadEstimate } from "../model/latent/load/memory.js";
import { heldWeights } from "../model/latent/load/weight-layout.js";

/** One stored tensor. */
export interface TensorLine {
  readonly name: string;
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** A folder or file, described. */
export interface WeightsDescription {
  readonly path: string;
  /** What it was recognised as, in words; null for a single file. */
  readonly recognised: string | null;
  readonly checkpoint: CheckpointDescription | null;
  /** What a load would say of it, but for what is assumed. */
  readonly notices: readonly string[];
  readonly tensors: readonly TensorLine[];
}

/** What a checkpoint folder is as a model. */
export interface CheckpointDescription {
  readonly layout: string;
  /** Family of its language model, by `model_type` of `config.json`. */
  readonly family: string;
  /** Files that its tokenizer is made from. */
  readonly tokenizer: readonly string[];
  readonly parameters: number;
  readonly dtype: string;
  readonly layers: number;
  readonly dModel: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabRows: number;
  readonly prjDim: number | null;
  readonly protocol: string;
  readonly latents: number;
  /** How the two are known, as the end of a sentence; null for a plain language model. */
  readonly because: Checkpoint["because"];
  readonly special: {
    readonly eos: number;
    /** Null where no prompt begins with one. */
    readonly bos: number | null;
    /** Null where there are no latents. */
    readonly pad: number | null;
    readonly bot: number | null;
    readonly eot: number | null;
  };
  readonly rowsAdded: number;
  /** LoRA pairs that a load merges. */
  readonly merged: { readonly weights: number; readonly ranks: readonly number[]; readonly scales: readonly number[] };
  readonly ignored: readonly string[];
  /** Settings that no file gives. */
  readonly assumed: readonly Assumed[];
  readonly files: readonly string[];
  readonly load: LoadEstimate;
  /** The same where weights are held as they are stored; null where that saves nothing. */
  readonly loadStored: LoadEstimate | null;
}

/** Describes a checkpoint folder or one weights file. @throws BadInputError when it is damaged or unknown. */
export async function describeWeights(path: string, base?: string): Promise<WeightsDescription> {
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new BadInputError(`Cannot open "${path}": ${error.code ?? error.message}`, "give a folder or a weights file");
  });
  // With a base it is a checkpoint; alone it may be a part of one.
  if (!kind.isDirectory() && base === undefined) {
    const store = await openWeightFile(openFolder(dirname(path)), basename(path));
    await store.close();
    return { path, recognised: null, checkpoint: null, notices: [], tensors: linesOf([store]) };
  }
  const notices: string[] = [];
  const checkpoint = await openCheckpointFolder(path, { base, onNotice: (notice) => void notices.push(notice) });
  await checkpoint.close();
  const assumed = assumedNotice(checkpoint.name, []);
  return {
    path,
    recognised: inWords(checkpoint),
    checkpoint: describeCheckpoint(checkpoint),
    notices: notices.filter((notice) => !notice.startsWith(assumed)),
    tensors: linesOf(unique(tensorsOfPlan(checkpoint.plan).map(({ store }) => store))),
  };
}

function describeCheckpoint(checkpoint: Checkpoint): CheckpointDescription {
  const { plan, config, codi } = checkpoint;
  const pairs = [...plan.weights.values()].flatMap(({ lora }) => (lora === null ? [] : [lora]));
  const isPlain = checkpoint.because.protocol === null || codi.numLatents === 0;
  return {
    layout: plan.layout,
    family: FAMILY_TITLES[plan.family],
    tokenizer: checkpoint.tokenizerFiles,
    parameters: checkpoint.parameters,
    dtype: checkpoint.dtype,
    layers: config.layers,
    dModel: config.dModel,
    heads: config.heads,
    kvHeads: config.kvHeads,
    vocabRows: plan.vocabRows,
    prjDim: plan.prjDim,
    protocol: codi.protocol,
    latents: codi.numLatents,
    because: checkpoint.because,
    special: {
      bos: config.bosTokenId,
      eos: checkpoint.eosTokenId,
      pad: isPlain ? null : codi.padTokenId,
      bot: isPlain ? null : codi.botTokenId,
      eot: isPlain ? null : codi.eotTokenId,
    },
    rowsAdded: codi.rowsAdded,
    merged: {
      weights: pairs.length,
      ranks: unique(pairs.map(({ rank }) => rank)),
      scales: unique(pairs.map(({ scale }) => scale)),
    },
    ignored: plan.ignored,
    assumed: checkpoint.assumed,
    files: checkpoint.weightFiles,
    load: loadEstimate(checkpoint),
    loadStored: heldWeights(plan).size === 0 ? null : loadEstimate(checkpoint, "stored"),
  };
}

function inWords(checkpoint: Checkpoint): string {
  const { plan, prjDim, because, codi } = checkpoint;
  const title = FAMILY_TITLES[plan.family];
  const language = {
    plain: `Hugging Face ${title}`,
    codi: `${title} of CODI's trainer without LoRA`,
    "codi-lora": `${title} of CODI's trainer with LoRA pairs`,
    coconut: `${title} of Coconut's trainer`,
  }[plan.layout];
  const plain = isStageZero(checkpoint)
    ? "no latents: the stage-0 chain-of-thought model of Coconut's training, going by the file's name"
    : "no projection: it has no latents";
  const withoutProjection = because.protocol === null ? plain : `run as ${codi.protocol}`;
  const latentsInWords = prjDim === null ? withoutProjection : "with projection";
  const adapter = plan.adapter ? " under a PEFT adapter" : "";
  return `${language}${adapter}, ${latentsInWords}`;
}

function linesOf(stores: readonly TensorStore[]): TensorLine[] {
  return stores.flatMap((store) =>
    [...store.tensors.values()].map((tensor) => ({
      name: tensor.name,
      file: store.name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      bytes: storedBytes(tensor),
    })),
  );
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
