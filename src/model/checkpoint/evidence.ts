/** What a checkpoint's files show of how its model was trained: names of tensors, and tokens of the tokenizer. */

import type { LatentTokens, ProtocolEvidence } from "../latent/protocols/decide.js";
import type { Stores } from "./plan-parts.js";
import type { Layout } from "./weight-map.js";
import { pauseStore, projectionStore } from "./weight-plan.js";

/** @param parts the opened files and how their names are written. */
export function evidenceOf(
  { layout, ...stores }: Stores & { readonly layout: Pick<Layout, "embeddingAgain"> },
  tokenizerJson: unknown,
): ProtocolEvidence {
  return {
    projection: projectionStore(stores) !== null,
    pause: pauseStore(stores) !== null,
    // Its class alone holds the embedding under a name of its own.
    coconutKeys: layout.embeddingAgain !== null,
    latentTokens: latentTokensOf(tokenizerJson),
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
