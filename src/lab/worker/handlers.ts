/** What the worker does for each call. */

import { LatentModel, tf } from "../../browser.js";
import { startEngine } from "./engine.js";
import { OWN_MODEL, ownFiles } from "./files.js";
import type { Calls, ModelFacts } from "./messages.js";
import type { CallContext, Handlers } from "./serve.js";

let model: LatentModel | null = null;

async function start(
  { engine }: Calls["start"]["ask"],
  { part, signal }: CallContext<"start">,
): Promise<Calls["start"]["answer"]> {
  model?.dispose();
  model = null;
  part({ phase: "engine", done: 0, total: null });
  const info = await startEngine(engine);
  const files = await ownFiles((done, total) => part({ phase: "files", done, total }), signal);
  part({ phase: "model", done: 0, total: null });
  model = await LatentModel.load(files);
  return { engine: info, model: factsOf(model) };
}

function factsOf({ config, codi }: LatentModel): ModelFacts {
  return {
    name: OWN_MODEL,
    blocks: config.layers,
    heads: config.heads,
    latents: codi.numLatents,
    width: config.dModel,
    headWidth: config.dHead,
    vocabulary: config.vocabSize,
  };
}

/** All of them. */
export const handlers: Handlers = {
  start,
  tensors: async () => tf.memory().numTensors,
};
