/** What a checkpoint's files show of how its model was trained: names of tensors, tokens of the tokenizer, ids in `config.json`. */

import { z } from "zod";
import { BadInputError } from "../../base/errors.js";
import type { LatentTokens, ProtocolEvidence } from "../latent/protocols/decide.js";
import type { Stores } from "./plan-parts.js";
import type { Layout } from "./weight-map.js";
import { pauseStore, projectionStore } from "./weight-plan.js";

/** What is looked at. */
export interface EvidenceParts extends Stores {
  readonly layout: Pick<Layout, "embeddingAgain" | "asksTokenizer">;
  readonly configJson: unknown;
  readonly tokenizerJson: unknown;
}

/** @returns what is there; nothing is concluded. @throws BadInputError where `config.json` promises a projection that is in no file. */
export function evidenceOf({ layout, configJson, tokenizerJson, ...stores }: EvidenceParts): ProtocolEvidence {
  const projection = projectionStore(stores) !== null;
  // Without it the states would be fed back as they are, plausibly and wrongly.
  if (!projection && (configJson as { readonly projector?: unknown }).projector === true)
    throw new BadInputError(
      `config.json: projector is true, but ${stores.model.name} has no projection (projector.1, prj.1)`,
      "get the projection's weights too, or set projector to false if the model was trained without one",
    );
  return {
    projection,
    pause: pauseStore(stores) !== null,
    // Its class alone holds the embedding under a name of its own.
    coconutKeys: layout.embeddingAgain !== null,
    // The base's tokenizer may have been saved for another reasoner.
    latentTokens: layout.asksTokenizer ? (latentTokensOf(tokenizerJson) ?? latentIdsOf(configJson)) : null,
  };
}

/** Ids of Coconut's tokens; null where the tokenizer has not both that are fed. */
function latentTokensOf(json: unknown): LatentTokens | null {
  const { model, added_tokens: added } = (json ?? {}) as { model?: { vocab?: unknown }; added_tokens?: unknown };
  const vocab: Readonly<Record<string, unknown>> =
    typeof model?.vocab === "object" && model.vocab !== null && !Array.isArray(model.vocab)
      ? (model.vocab as Readonly<Record<string, unknown>>)
      : {};
  const tokens = (Array.isArray(added) ? added : []) as readonly ({ content?: unknown; id?: unknown } | null)[];
  const idOf = (text: string): number | null => {
    const id = tokens.find((token) => token?.content === text)?.id ?? (Object.hasOwn(vocab, text) ? vocab[text] : null);
    return typeof id === "number" ? id : null;
  };
  const [start, end, latent] = ["<|start-latent|>", "<|end-latent|>", "<|latent|>"].map(idOf);
  return start == null || end == null ? null : { start, end, latent: latent ?? null };
}

const id = z.int().nonnegative();
const idsSchema = z.looseObject({ latent_start_id: id, latent_end_id: id, latent_id: id.nullish() });

/** The same as ModalityDance's classes write them; the tokenizer may be the base's, which does not have them. */
function latentIdsOf(configJson: unknown): LatentTokens | null {
  const parsed = idsSchema.safeParse(configJson);
  if (!parsed.success) return null;
  const { latent_start_id: start, latent_end_id: end, latent_id: latent } = parsed.data;
  return { start, end, latent: latent ?? null };
}
