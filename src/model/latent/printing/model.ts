/** How a model prints. */

import { listed } from "../../../base/printing.js";
import type { DecoderConfig } from "../../decoder/config.js";
import type { EngineInfo } from "../../tensor/engine.js";
import type { CodiConfig } from "../config.js";

/** What of a model is printed. */
export interface ModelFacts {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly codi: CodiConfig;
  readonly protocol: string;
  readonly engine: EngineInfo;
}

/** One line. */
export function modelLine({ name, config: { layers }, codi }: ModelFacts): string {
  return `CodiModel ${name} (${layers} layers, ${codi.numLatents} latents)`;
}

/** Name, size, latents, protocol and engine. */
export function modelText({ name, config, codi, protocol, engine }: ModelFacts): string {
  const { layers, heads, kvHeads, dModel, vocabSize } = config;
  return listed("CodiModel", [
    ["name", name],
    [
      "decoder",
      `${layers} layers, ${heads} heads (${kvHeads} for keys and values), dModel ${dModel}, ${vocabSize} tokens`,
    ],
    ["latents", `${codi.numLatents}, protocol ${protocol}`],
    ["engine", `${engine.name} ${engine.version} on ${engine.device}`],
  ]);
}
