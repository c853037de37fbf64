/** Texts that a tokenizer reads as one of its special tokens wherever they stand. */

import { z } from "zod";

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ content: z.string(), special: z.boolean().optional() })),
});

/** @param tokenizerJson parsed `tokenizer.json`; a damaged one has none here and is refused where the tokenizer is made. */
export function specialTexts(tokenizerJson: unknown): string[] {
  const parsed = schema.safeParse(tokenizerJson);
  const added = parsed.success ? parsed.data.added_tokens : [];
  return added.filter(({ special }) => special === true).map(({ content }) => content);
}
