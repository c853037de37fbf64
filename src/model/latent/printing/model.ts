/** How a model prints. */

import { listed } from "../../../base/printing.js";
import type { DecoderConfig } from "../../decoder/config.js";
import type { EngineInfo } from "../../tensor/engine.js";
import type { CodiConfig } from "../config.js";
import { knownProtocol } from "../protocols/index.js";

/** What of a model is printed. */
export interface ModelFacts {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly codi: CodiConfig;
  readonly protocol: string;
  readonly engine: EngineInfo;
}

/** CODI's is the face that most scripts know; a model that is fed back otherwise is none. */
function faceOf({ protocol }: CodiConfig): string {
  return knownProtocol(protocol)?.feedback === "projection" ? "CodiModel" : "LatentModel";
}

/** One line. */
export function modelLine({ name, config: { layers }, codi }: ModelFacts): string {
  return `${faceOf(codi)} ${name} (${layers} layers, ${codi.numLatents} latents)`;
}

/** Name, size, latents, protocol and engine. */
export function modelText({ name, config, codi, protocol, engine }: ModelFacts): string {
  const { layers, heads, kvHeads, dModel, vocabSize } = config;
  return listed(faceOf(codi), [
    ["name", name],
    [
      "decoder",
      `${layers} layers, ${heads} heads (${kvHeads} for keys and values), dModel ${dModel}, ${vocabSize} tokens`,
    ],
    ["latents", `${codi.numLatents}, protocol ${protocol}`],
    ["engine", `${engine.name} ${engine.version} on ${engine.device}`],
  ]);
}
