/** Whether autoencoders fit the model that they are given to. */

import { UsageError } from "../../../base/errors.js";
import type { DecoderConfig } from "../../decoder/config.js";
import { described } from "../../hooks/described.js";
import type { Saes } from "./given-saes.js";
import { SparseAutoencoder } from "./sparse-autoencoder.js";

/** The model that they are to fit. */
interface Fitted {
  readonly name: string;
  readonly config: DecoderConfig;
}

/** @throws UsageError for what is no autoencoder, was disposed, was trained on another width or block, or stands at a site twice. */
export function checkSaes(saes: Saes, { name, config }: Fitted): void {
  for (const [place, sae] of saes?.entries() ?? []) {
    if (!(sae instanceof SparseAutoencoder))
      throw new UsageError(`saes[${place}] is ${described(sae)}, wanted an autoencoder`, "give what loadSae gives");
    if (sae.isDisposed) throw new UsageError(`The autoencoder ${sae.name} was disposed`, "load it again");
    const { dIn, trainedOn } = sae.config;
    const of = trainedOn === null ? "" : `, trained on ${trainedOn}`;
    if (dIn !== config.dModel)
      throw new UsageError(
        `The autoencoder ${sae.name}${of} reads ${dIn} numbers, ${name} has dModel ${config.dModel}`,
        "give one that was trained on this model",
      );
    const { layer } = sae.site;
    if (layer !== null && layer >= config.layers)
      throw new UsageError(
        `The autoencoder ${sae.name}${of} reads ${sae.of}, ${name} has blocks 0 to ${config.layers - 1}`,
        "give one that was trained on this model",
      );
    const other = saes?.slice(0, place).find((each) => each.of === sae.of);
    if (other !== undefined)
      throw new UsageError(
        `Two autoencoders stand at ${sae.of}: ${other.name} and ${sae.name}`,
        "give one a site in each run",
      );
  }
}
