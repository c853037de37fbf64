/** A run from the prompt through all latents to the logits is one synchronous function: gradients go through it. */
// @needs engine, time

import { afterAll, beforeAll, expect, test } from "vitest";
import { at, hook } from "../../../src/index.js";
import { openCheckpointFolder } from "../../../src/model/checkpoint/open-folder.js";
import { RunHooks } from "../../../src/model/hooks/run-hooks.js";
import { tokenizerOf } from "../../../src/model/latent/load/tokenizer-of.js";
import { uploadModel } from "../../../src/model/latent/load/upload-model.js";
import { planRows } from "../../../src/model/latent/plan/rows.js";
import { disposeProjection } from "../../../src/model/latent/projection.js";
import { promptIdsOf, specialIdsOf } from "../../../src/model/latent/prompt.js";
import { protocolOf } from "../../../src/model/latent/protocols/index.js";
import { forcedPass } from "../../../src/model/latent/run/forced-pass.js";
import { loopRun } from "../../../src/model/latent/run/latent-loop.js";
import { disposeState, runLatentPasses } from "../../../src/model/latent/run/latent-passes.js";
import type { LoopModel } from "../../../src/model/latent/run/loop.js";
import { hookWriter } from "../../../src/model/latent/run/writers.js";
import { withGradients } from "../../../src/model/tensor/engine.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { type Tensor, tf } from "../../../src/model/tensor/tf.js";

const QUESTION = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";
const TOKEN = 7;

let model: LoopModel;
let promptIds: number[];

beforeAll(async () => {
  await startEngine("native");
  const checkpoint = await openCheckpointFolder("weights/tiny-codi");
  const { decoder, projection } = await uploadModel(checkpoint);
  if (projection === null) throw new Error("no projection");
  const protocol = protocolOf("codi");
  const ids = specialIdsOf(checkpoint);
  const { codi, eosTokenId, vocabRows } = checkpoint;
  const logitRows = protocol.logitRows(vocabRows);
  const eotIds = protocol.eot(ids);
  const parts = { eotIds, eotTokens: eotIds.length, logitRows };
  model = { decoder, projection, pause: null, protocol, numLatents: codi.numLatents, ids, ...parts };
  promptIds = promptIdsOf({ tokenizer: tokenizerOf(checkpoint), codi, eosTokenId, protocol: "codi" }, QUESTION);
  await checkpoint.close();
});
afterAll(() => {
  model.decoder.dispose();
  if (model.projection !== null) disposeProjection(model.projection);
});

/** The logit of a token after EOT, with a vector added to latent 0's input. */
function logitWith(added: Tensor): Tensor {
  const { layers } = model.decoder.config;
  const shift = hook("latents.hook_input", at.latent(0), (x) => tf.add(x, tf.reshape(added, [1, 1, -1])));
  const plan = planRows(
    { questions: [QUESTION], conditions: [{ name: "run", interventions: [], hooks: [shift] }] },
    () => promptIds,
    { numLatents: model.numLatents, layers },
  );
  const hooks = new RunHooks([hookWriter(shift, { rows: new Set([0]), numbers: [0] }, layers)], [], [0]);
  const run = loopRun(model, plan, {
    hooks,
    maxNewTokens: 1,
    mostCells: 1000,
    lens: new Set(),
    verify: false,
    knownAnswer: () => [],
    targetOf: null,
    scoreFirstToken: false,
  });
  const { state } = runLatentPasses(run);
  const forced = forcedPass(run, state.cache.select([0]), { part: state, tokensOf: () => [], counts: false });
  try {
    return tf.tidy(() => tf.reshape(tf.slice(run.head.plain(forced.hidden), [TOKEN, 0], [1, 1]), []));
  } finally {
    forced.dispose();
    disposeState(state);
    hooks.dispose();
  }
}

test("the gradient of a logit through six latents is the slope that finite differences see", () => {
  const width = model.decoder.config.dModel;
  const before = tf.memory().numTensors;
  const zero = tf.zeros([width]);
  const gradient = withGradients(() => tf.grad(logitWith)(zero));
  const slopes = gradient.dataSync();
  const norm = Math.hypot(...slopes);
  expect(norm).toBeGreaterThan(1e-4);
  // Along the gradient the slope is its norm; across it, none.
  const along = Float32Array.from(slopes, (slope) => slope / norm);
  const across = Float32Array.from({ length: width }, (_, i) => (along[i ^ 1] ?? 0) * (i % 2 === 0 ? 1 : -1));
  const logitAt = (direction: Float32Array, size: number): number =>
    tf.tidy(() => logitWith(tf.tensor1d(direction.map((each) => each * size))).dataSync()[0] as number);
  const STEP = 1e-2;
  const slopeAlong = (direction: Float32Array): number =>
    (logitAt(direction, STEP) - logitAt(direction, -STEP)) / (2 * STEP);
  expect(slopeAlong(along) / norm).toBeCloseTo(1, 1);
  expect(Math.abs(slopeAlong(across)) / norm).toBeLessThan(0.05);
  tf.dispose([zero, gradient]);
  expect(tf.memory().numTensors).toBe(before);
});
