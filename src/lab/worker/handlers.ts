/** What the worker does for each call. */

import { UsageError } from "../../base/errors.js";
import {
  estimateLoad,
  type FileLoadOptions,
  type FilesEstimate,
  filesFromBlobs,
  LatentModel,
  tf,
} from "../../browser.js";
import type { LoadFacts } from "../edits/edit.js";
import { fitOf } from "../files/memory.js";
import { readRecordsFile } from "../files/records.js";
import { readTrace } from "../files/trace.js";
import { LabSession } from "../session/lab-session.js";
import { startEngine } from "./engine.js";
import { ownFiles } from "./files.js";
import type { Calls, DroppedCheckpoint, StartAsk } from "./messages.js";
import { ownProtocol } from "./own-protocol.js";
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
  const { dropped } = ask;
  const files =
    dropped === null
      ? await ownFiles((done, total) => part({ phase: "files", done, total }), signal)
      : filesFromBlobs(dropped.name, dropped.files);
  const { options, load } = await runAs(dropped);
  part({ phase: "model", done: 0, total: null });
  const model = await LatentModel.load(files, {
    ...options,
    onProgress: ({ done, total }) => part({ phase: "model", done, total }),
  });
  const session = new LabSession(model);
  loaded = { model, session };
  const facts = { ...session.facts, load: { ...session.facts.load, ...load } };
  return { engine, model: { ...facts, name: model.name, vocabulary: model.config.vocabSize } };
}

/** Options of a load, and what programs and commands have to say of them beside what the model itself shows. */
async function runAs(
  dropped: DroppedCheckpoint | null,
): Promise<{ readonly options: FileLoadOptions; readonly load: LoadFacts }> {
  if (dropped === null) return { options: {}, load: {} };
  const { base, protocol, latents } = dropped;
  const own = protocol === null || typeof protocol === "string" ? null : await ownProtocol(protocol.file);
  const named = typeof protocol === "string" ? { protocol } : {};
  return {
    options: {
      ...(base === null ? {} : { base: filesFromBlobs(base.name, base.files) }),
      ...(own === null ? named : { protocol: own.protocol }),
      ...(latents === null ? {} : { latents }),
    },
    load: {
      ...(base === null ? {} : { base: `./${base.name}` }),
      ...(own === null ? {} : { protocolFile: own.from }),
    },
  };
}

async function checkpoint({ limits, ...dropped }: Calls["checkpoint"]["ask"]): Promise<Calls["checkpoint"]["answer"]> {
  const notices: string[] = [];
  const { options } = await runAs(dropped);
  const files = filesFromBlobs(dropped.name, dropped.files);
  const estimate = await estimateLoad(files, { ...options, onNotice: (notice) => void notices.push(notice) });
  return { ...fitOf(estimate, limits), notices, run: runText(estimate) };
}

function runText({ protocol, latents, because }: FilesEstimate): string {
  const known = because.protocol === null ? "" : ` (${because.protocol})`;
  const count = latents === 1 ? "1 latent" : `${latents} latents`;
  const how = `It is run by the protocol ${protocol}${known}`;
  return latents === 0 ? `${how}, without latents.` : `${how}, with ${count} a question (${because.latents}).`;
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
