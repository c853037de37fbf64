/** What the worker does for each call. */

import { UsageError } from "../../base/errors.js";
import { estimateLoad, filesFromBlobs, LatentModel, tf } from "../../browser.js";
import { fitOf } from "../files/memory.js";
import { readRecordsFile } from "../files/records.js";
import { readTrace } from "../files/trace.js";
import { LabSession } from "../session/lab-session.js";
import { startEngine } from "./engine.js";
import { ownFiles } from "./files.js";
import type { Calls, StartAsk } from "./messages.js";
import type { CallContext, Handlers } from "./serve.js";
import { readVectors } from "./vectors.js";

interface Loaded {
  readonly model: LatentModel;
  readonly session: LabSession;
}

let loaded: Loaded | null = null;

function current(): Loaded {
  if (loaded === null) throw new UsageError("No model is loaded", "start the engine first");
  return loaded;
}

async function start(ask: StartAsk, { part, signal }: CallContext<"start">): Promise<Calls["start"]["answer"]> {
  loaded?.model.dispose();
  loaded = null;
  part({ phase: "engine", done: 0, total: null });
  const engine = await startEngine(ask);
  const files =
    ask.dropped === null
      ? await ownFiles((done, total) => part({ phase: "files", done, total }), signal)
      : filesFromBlobs(ask.dropped.name, ask.dropped.files);
  part({ phase: "model", done: 0, total: null });
  const model = await LatentModel.load(files, {
    onProgress: ({ done, total }) => part({ phase: "model", done, total }),
  });
  const session = new LabSession(model);
  loaded = { model, session };
  return { engine, model: { ...session.facts, name: model.name, vocabulary: model.config.vocabSize } };
}

async function checkpoint({ name, files, limits }: Calls["checkpoint"]["ask"]): Promise<Calls["checkpoint"]["answer"]> {
  const notices: string[] = [];
  const estimate = await estimateLoad(filesFromBlobs(name, files), { onNotice: (notice) => void notices.push(notice) });
  return { ...fitOf(estimate, limits), notices };
}

async function sites(question: string): Promise<Readonly<Record<string, Float32Array>>> {
  const { model } = current();
  const { captures } = await model.run(question, { capture: ["*"] });
  return Object.fromEntries(captures.sites.map((site) => [site, captures.get(site).data]));
}

/** All of them. */
export const handlers: Handlers = {
  start,
  open: ({ question }, { signal }) => current().session.open(question, { signal }),
  cell: ({ question, block, latent }, { signal }) => current().session.cell(question, { block, latent, signal }),
  run: ({ state }, { signal, part }) => current().session.run(state, { signal, onEdited: part }),
  sweep: ({ state, operation }, { signal, part }) =>
    current().session.sweep(state, { operation, signal, onProgress: part }),
  attention: ({ question, block, run }, { signal }) => current().session.attention(question, { block, run, signal }),
  directions: (state, { signal }) => current().session.directions(state, { signal }),
  vectors: ({ name, blob }) => readVectors(name, blob),
  checkpoint,
  trace: ({ name, blob }) => readTrace(name, blob),
  records: ({ name, blob }, { part, signal }) => readRecordsFile(name, blob, { onProgress: part, signal }),
  sites: ({ question }) => sites(question),
  tensors: async () => tf.memory().numTensors,
};
