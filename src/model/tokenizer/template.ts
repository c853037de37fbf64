/** What a tokenizer's post-processor puts around a text: nothing, or BOS in front. */

import { z } from "zod";

const id = z.int().nonnegative();
const byteLevel = z.strictObject({
  type: z.literal("ByteLevel"),
  add_prefix_space: z.boolean(),
  trim_offsets: z.boolean(),
  use_regex: z.boolean().optional(),
});
const special = z.strictObject({ SpecialToken: z.strictObject({ id: z.string(), type_id: z.int() }) });
const sequence = z.strictObject({ Sequence: z.strictObject({ id: z.literal("A"), type_id: z.int() }) });
const template = z.strictObject({
  type: z.literal("TemplateProcessing"),
  single: z
    .array(z.union([special, sequence]))
    .refine((items) => items.filter((item) => "Sequence" in item).length === 1, {
      message: "wanted the text (Sequence A) once",
    })
    .refine((items) => items.length <= 2 && "Sequence" in (items.at(-1) ?? {}), {
      message: "wanted the text (Sequence A), with at most one token in front and none after it",
    }),
  pair: z.array(z.unknown()),
  special_tokens: z.record(
    z.string(),
    z.looseObject({ id: z.string(), ids: z.array(id).length(1), tokens: z.array(z.string()) }),
  ),
});
const named = template.refine(
  ({ single, special_tokens: known }) =>
    single.every((item) => !("SpecialToken" in item) || Object.hasOwn(known, item.SpecialToken.id)),
  { message: "single names a token that special_tokens does not have" },
);
const step = z.union([byteLevel, named]);

/** `post_processor` of `tokenizer.json`, as far as it is read. ByteLevel moves offsets there and no id. */
export const postProcessor = z.union([
  z.null(),
  step,
  z.strictObject({ type: z.literal("Sequence"), processors: z.array(step) }),
]);

/** @returns the id that the template puts in front of a text; null where it puts none. */
export function templateStart(post: z.infer<typeof postProcessor>): number | null {
  const steps = post === null ? [] : post.type === "Sequence" ? post.processors : [post];
  const fronts = steps.flatMap((each) => {
    const front = each.type === "TemplateProcessing" ? each.single[0] : undefined;
    if (each.type !== "TemplateProcessing" || front === undefined || !("SpecialToken" in front)) return [];
    return each.special_tokens[front.SpecialToken.id]?.ids ?? [];
  });
  return fronts[0] ?? null;
}
