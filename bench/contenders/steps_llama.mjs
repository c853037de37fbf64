/** Prefill and decode steps by llama.cpp through node-llama-cpp:    node steps_llama.mjs PACKAGE MODEL.gguf */

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serve, timed } from "./lines.mjs";

const [pkg, file] = process.argv.slice(2);
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(join(pkg, "dist/index.js")).href);
const threads = cpus().length;
const llama = await getLlama({
  gpu: false,
  build: "never",
  logLevel: LlamaLogLevel.error,
  maxThreads: threads,
  progressLogs: false,
  skipDownload: true,
});
const model = await llama.loadModel({ modelPath: file, useMmap: true });
const GREEDY = { temperature: 0 };
let held;

/** Sequences in one context; the prompt is evaluated in each, outside the timing. */
async function sequencesOf(rows, room) {
  if (held?.rows !== rows || held.room < room) {
    await held?.context.dispose();
    const context = await model.createContext({
      sequences: rows,
      contextSize: room,
      batchSize: Math.max(room, rows),
      threads,
      flashAttention: false,
      experimentalKvCacheKeyType: "F32",
      experimentalKvCacheValueType: "F32",
      batching: { dispatchSchedule: "nextCycle" },
    });
    held = { rows, room, context, sequences: Array.from({ length: rows }, () => context.getSequence()) };
  }
  for (const sequence of held.sequences) await sequence.clearHistory();
  return held.sequences;
}

/** The greedy token after each of `tokens`' last. */
async function next(sequence, tokens) {
  const items = tokens.map((token, i) =>
    i === tokens.length - 1 ? [token, { generateNext: { token: true, options: GREEDY } }] : token,
  );
  const out = await sequence.controlledEvaluate(items);
  return out.at(-1).next.token;
}

async function prefill({ ids, repeat = 1 }) {
  let total = 0;
  let last;
  for (let i = 0; i < repeat; i++) {
    const [sequence] = await sequencesOf(1, 512);
    const { seconds, value } = await timed(() => next(sequence, ids));
    total += seconds;
    last = value;
  }
  return { seconds: total / repeat, ids: [last] };
}

async function decode({ prompt, rows, steps, first }) {
  const sequences = await sequencesOf(rows, rows === 1 ? 512 : prompt.length + steps + 2);
  for (const sequence of sequences) await sequence.evaluateWithoutGeneratingNewTokens(prompt);
  let tokens = sequences.map((_, row) => first + row);
  const ids = [];
  const { seconds } = await timed(async () => {
    for (let step = 0; step < steps; step++) {
      tokens = await Promise.all(sequences.map((sequence, row) => next(sequence, [tokens[row]])));
      ids.push(...tokens);
    }
  });
  return { seconds: seconds / steps, ids };
}

const { version } = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));
await serve(
  `llama.cpp ${llama.llamaCppRelease?.release ?? "?"} in node-llama-cpp ${version}, weights and cache F32, ${threads} threads`,
  { prefill, decode },
);
