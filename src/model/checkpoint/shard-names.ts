/** Shards by the names that Hugging Face gives them: `model-00001-of-00003.safetensors`. */

import { BadInputError } from "../../base/errors.js";

const SHARD = /^((?:pytorch_)?model)-(\d{5})-of-(\d{5})\.(safetensors|bin)$/;

/** One of a set is enough to name it. */
export function isFirstWithoutIndex(name: string, present: readonly string[]): boolean {
  const [, stem, number, , ending] = SHARD.exec(name) ?? [];
  return Number(number) === 1 && !present.includes(`${stem}.${ending}.index.json`);
}

/**
 * Sets of shards that their own names show to be whole: an index says no more, since every shard names its tensors. Safetensors come first.
 *
 * @throws BadInputError where some are missing, and no other set is whole.
 */
export function shardsWithoutIndex(where: string, present: readonly string[]): string[][] {
  const kinds = new Map(
    present.flatMap((name) => {
      const [, stem, , count, ending] = SHARD.exec(name) ?? [];
      return count === undefined || Number(count) === 0
        ? []
        : [[`${stem}-of-${count}.${ending}`, { stem, count, ending }]];
    }),
  );
  const sets = [...kinds.values()]
    .sort((one, other) => `${other.ending}`.localeCompare(`${one.ending}`))
    .map(({ stem, count, ending }) =>
      Array.from({ length: Number(count) }, (_, i) => `${stem}-${`${i + 1}`.padStart(5, "0")}-of-${count}.${ending}`),
    );
  const lacks = sets.map((set) => set.filter((name) => !present.includes(name)));
  const whole = sets.filter((_, i) => lacks[i]?.length === 0);
  const [[missing = "", ...others] = []] = lacks;
  if (whole.length === 0 && missing !== "")
    throw new BadInputError(
      `${where} has shards without an index, and lacks ${missing}${others.length === 0 ? "" : ` and ${others.length} more of them`}`,
      "get the missing shards",
    );
  return whole;
}
