/** What the worker does for each call. */

import { estimateLoad, filesFromBlobs, LatentModel, tf } from "../../browser.js";
import { fitOf } from "../files/memory.js";
import { readRecordsFile } from "../files/records.js";
import { readTrace } from "../files/trace.js";
import { startEngine } from "./engine.js";
import { ownFiles } from "./files.js";
import type { Calls, ModelFacts } from "./messages.js";
import type { CallContext, Handlers } from "./serve.js";

let model: LatentModel | null = null;

async function start(
  { engine, dropped }: Calls["start"]["ask"],
  { part, signal }: CallContext<"start">,
): Promise<Calls["start"]["answer"]> {
  model?.dispose();
  model = null;
  part({ phase: "engine", done: 0, total: null });
  const info = await startEngine(engine);
  const files =
    dropped === null
      ? await ownFiles((done, total) => part({ phase: "files", done, total }), signal)
      : filesFromBlobs(dropped.name, dropped.files);
  part({ phase: "model", done: 0, total: null });
  model = await LatentModel.load(files, {
    onProgress: ({ done, total }) => part({ phase: "model", done, total }),
  });
  return { engine: info, model: factsOf(model) };
}

function factsOf({ name, config, codi }: LatentModel): ModelFacts {
  return {
    name,
    blocks: config.layers,
    heads: config.heads,
    latents: codi.numLatents,
    width: config.dModel,
    headWidth: config.dHead,
    vocabulary: config.vocabSize,
  };
}

async function checkpoint({ name, files, limits }: Calls["checkpoint"]["ask"]): Promise<Calls["checkpoint"]["answer"]> {
  const notices: string[] = [];
  const estimate = await estimateLoad(filesFromBlobs(name, files), { onNotice: (notice) => void notices.push(notice) });
  return { ...fitOf(estimate, limits), notices };
}

/** All of them. */
export const handlers: Handlers = {
  start,
  checkpoint,
  trace: ({ name, blob }) => readTrace(name, blob),
  records: ({ name, blob }, { part, signal }) => readRecordsFile(name, blob, { onProgress: part, signal }),
  tensors: async () => tf.memory().numTensors,
};
