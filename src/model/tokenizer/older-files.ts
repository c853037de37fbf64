/**
 * `special_tokens_map.json` and `added_tokens.json`, which older versions of transformers wrote beside `tokenizer_config.json`. transformers
 * reads them where that file has no `added_tokens_decoder`: what they name then counts before what it names.
 */

import { z } from "zod";
import { BadInputError } from "../../base/errors.js";

/** Parsed files; undefined where there is none. */
export interface OlderFiles {
  readonly specialTokensMap: unknown;
  readonly addedTokens: unknown;
}

const fields = z.record(z.string(), z.unknown());
const ids = z.record(z.string(), z.int().nonnegative());

/** @returns `tokenizer_config.json` with what the older files say. @throws BadInputError for a file that cannot be read as what it is. */
export function withOlderFiles(tokenizerConfig: unknown, { specialTokensMap, addedTokens }: OlderFiles): unknown {
  const own = fields.safeParse(tokenizerConfig ?? {});
  // A damaged one is refused where it is read.
  if (!own.success || "added_tokens_decoder" in own.data) return tokenizerConfig;
  if (specialTokensMap === undefined && addedTokens === undefined) return tokenizerConfig;
  const added = read(ids, addedTokens ?? {}, { file: "added_tokens.json", wanted: "an object of ids" });
  const decoder = Object.fromEntries(Object.entries(added).map(([content, id]) => [id, { content }]));
  return {
    ...own.data,
    ...read(fields, specialTokensMap ?? {}, { file: "special_tokens_map.json", wanted: "an object of tokens" }),
    ...(Object.keys(decoder).length === 0 ? {} : { added_tokens_decoder: decoder }),
  };
}

function read<T>(
  schema: z.ZodType<T>,
  json: unknown,
  { file, wanted }: { readonly file: string; readonly wanted: string },
): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new BadInputError(
    `${file} is not ${wanted}`,
    "get the file again, or remove it: tokenizer.json has the tokens",
  );
}
