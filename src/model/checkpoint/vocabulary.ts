/** Which embedding rows the trainer added for pad, BOT and EOT, as far as the files say. */

import { BadInputError } from "../../base/errors.js";
import type { ModelConfig } from "../decoder/families.js";
import type { VocabularyRows } from "../latent/config.js";
import type { DecidedProtocol } from "../latent/protocols/decide.js";
import { hasLatents } from "../latent/protocols/loop.js";
import { embeddingSources } from "./embedding-sources.js";
import type { PlanParts } from "./plan-parts.js";
import { quoted } from "./quoted.js";

/** Rows that the trainer adds. */
const ADDED = 3;

/** What is found, with a line for what is odd about it. */
export interface FoundVocabulary extends VocabularyRows {
  readonly notice: string | null;
}

/** @throws BadInputError where the embedding has neither `vocab_size` rows nor three more, nor what Coconut's trainer leaves of a padded one. */
export function vocabularyOf(
  parts: Omit<PlanParts, "codi">,
  tokenizerJson: unknown,
  { name, because }: Pick<DecidedProtocol, "name" | "because">,
): FoundVocabulary {
  const { config, layout } = parts;
  const size = config.vocabSize;
  const { base } = embeddingSources(parts).embed;
  const shape = base.store.tensors.get(base.name)?.shape;
  const needed = because !== null && hasLatents(name);
  const rows = shape?.length === 2 ? (shape[0] ?? size) : size + (layout.kind === "plain" ? 0 : ADDED);
  if (rows === size + ADDED) return { size, rows, firstAdded: size, needed, notice: null };
  const first = rows - ADDED;
  const largest = largestTokenId(tokenizerJson);
  // It sizes the embedding by its tokenizer, which has fewer tokens than a padded embedding has rows.
  if (rows < size && layout.embeddingAgain !== null && largest === first - 1) {
    const notice = `${base.store.name}: the embedding has ${rows} rows, the tokenizer's ${first} and Coconut's three; vocab_size ${size} of config.json was padded`;
    return { size: rows, rows, firstAdded: first, needed, notice };
  }
  if (rows !== size) throw otherRows(rows, config, { store: base.store.name, name: base.name });
  // The configuration was saved after the rows were added, if the tokenizer has no text for them.
  // The trainer adds its rows at the end, whatever lies between; a merged model may never have had any.
  const isFree = largest !== null && (layout.kind === "plain" ? largest === first - 1 : largest < first);
  return { size, rows, firstAdded: isFree ? first : null, needed, notice: null };
}

function otherRows(
  rows: number,
  { vocabSize }: ModelConfig,
  { store, name }: { readonly store: string; readonly name: string },
): BadInputError {
  return new BadInputError(
    `${store}: ${quoted(name)} has ${rows} rows, config.json says vocab_size ${vocabSize}, wanted ${vocabSize} or ${vocabSize + ADDED} (pad, BOT and EOT added)`,
    `${rows > vocabSize ? "if these are the right weights," : "use the config.json that belongs to these weights; if it is this one,"} set "vocab_size": ${rows} in config.json, and give pad_token_id, bot_token_id and eot_token_id in codi.json`,
  );
}

/** The largest id that `tokenizer.json` has a token for; null where it is not a table of tokens. */
function largestTokenId(json: unknown): number | null {
  const { model, added_tokens: added } = (json ?? {}) as { model?: { vocab?: unknown }; added_tokens?: unknown };
  const vocab = model?.vocab;
  if (typeof vocab !== "object" || vocab === null) return null;
  const ids: unknown[] = Array.isArray(vocab) ? [vocab.length - 1] : Object.values(vocab);
  const others = Array.isArray(added) ? added.map((token: { id?: unknown } | null) => token?.id) : [];
  let largest = -1;
  for (const id of [...ids, ...others]) if (typeof id === "number" && id > largest) largest = id;
  return largest;
}
