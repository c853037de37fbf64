/** One forward of a few tokens, to see that a checkpoint computes. */

import { NumericError } from "../../../base/errors.js";
import type { Checkpoint } from "../../checkpoint/load.js";
import { Ascent } from "../../decoder/ascent.js";
import type { Decoder } from "../../decoder/decoder.js";
import { KvCache } from "../../decoder/kv-cache.js";
import { RunHooks } from "../../hooks/run-hooks.js";
import type { EngineChoice, EngineInfo } from "../../tensor/engine.js";
import { startEngine } from "../../tensor/engines/start.js";
import { scan } from "../../tensor/floats.js";
import { numbersOf } from "../../tensor/numbers.js";
import { tf } from "../../tensor/tf.js";
import { groupOf } from "../plan/row-tree.js";
import { prefillStep } from "../plan/steps.js";
import { disposeProjection } from "../projection.js";
import { type LoadProgress, uploadModel } from "./upload-model.js";

/** What was run on what. */
export interface TriedForward {
  readonly engine: EngineInfo;
  /** BOS, or the first id where there is none, and the two ids after it. */
  readonly ids: readonly number[];
}

/**
 * Loads all weights (which looks at every value), runs three tokens through the blocks and the head, and frees everything.
 *
 * @throws BadInputError for damaged weights; NumericError when a logit is not finite.
 */
export async function tryForward(
  checkpoint: Checkpoint,
  options: { readonly engine?: EngineChoice; readonly onProgress?: (progress: LoadProgress) => void } = {},
): Promise<TriedForward> {
  const engine = await startEngine(options.engine ?? "auto");
  const { config, vocabRows } = checkpoint;
  const first = config.bosTokenId ?? 0;
  const ids = [0, 1, 2].map((k) => (first + k) % vocabRows);
  const { decoder, projection, pause } = await uploadModel(checkpoint, options);
  try {
    const data = await logitsOf(decoder, ids);
    const { bad } = scan({ dtype: "F32", data });
    if (bad >= 0)
      throw new NumericError(
        `${checkpoint.name}: a forward of three tokens gives ${data[bad]} for vocabulary id ${Math.floor(bad / ids.length)} after token ${bad % ids.length}`,
        "the weights are damaged or too large for float32",
      );
    return { engine, ids };
  } finally {
    decoder.dispose();
    if (projection !== null) disposeProjection(projection);
    pause?.dispose();
  }
}

/** Logits of a plain pass, without latents: `[vocab, position]`. */
export async function logitsOf(decoder: Decoder, ids: readonly number[]): Promise<Float32Array> {
  const row = { question: 0, condition: null, promptIds: ids, pin: null };
  const frame = { rows: [row], hasBot: false, latents: 0, eotTokens: 0, prefillColumns: ids.length };
  const logits = tf.tidy(() => {
    const ascent = Ascent.flat(prefillStep(frame, [groupOf([0])]));
    const { hidden, cache } = decoder.forward(decoder.embed(ids), KvCache.empty(1), {
      ascent,
      hooks: new RunHooks([], [], [0]),
    });
    cache.dispose();
    return decoder.logits(hidden);
  });
  try {
    return await numbersOf(logits);
  } finally {
    logits.dispose();
  }
}
