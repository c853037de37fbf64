/** A language model of any family out of its uploaded weights. */

import type { Decoder, TakeWeight } from "./decoder.js";
import type { ModelConfig } from "./families.js";
import { gpt2Decoder } from "./gpt2/weights.js";
import { rotaryDecoder } from "./llama/weights.js";

/** @param take gives each weight once, by the name of the matrix that it is kept in. @returns the model, which owns the weights. */
export function makeDecoder(config: ModelConfig, take: TakeWeight): Decoder {
  switch (config.family) {
    case "llama":
      return rotaryDecoder(config, take, { hasBias: false });
    case "gpt2":
      return gpt2Decoder(config, take);
    case "qwen2":
      return rotaryDecoder(config, take, { hasBias: true });
  }
}
