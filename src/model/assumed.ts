/** Settings that no file of a checkpoint gives: said once at load, kept with the results, refused under `--strict`. */

import { BadInputError } from "../base/errors.js";

/** One of them, as data; it stands in `manifest.json`. */
export interface Assumed {
  /** Name of the setting, as `codi.json` has it where it is one of its fields. */
  readonly what: string;
  readonly value: string | number | boolean;
  /** What does not say it: `codi.json does not say`. */
  readonly why: string;
  /** What makes it no assumption any more: `add "lora_alpha": 32 to codi.json`. */
  readonly mend: string;
}

/** A field that `codi.json` lacks. @param hasFile is there a `codi.json` at all? */
export function assumedField(what: string, value: Assumed["value"], hasFile: boolean): Assumed {
  return {
    what,
    value,
    why: hasFile ? "codi.json does not say" : "there is no codi.json",
    mend: `${JSON.stringify(what)}: ${JSON.stringify(value)} in codi.json`,
  };
}

/** `lora_alpha 32, num_latents 6 (codi.json does not say); …`: reasons in the order in which they come first. */
export function assumedList(assumed: readonly Pick<Assumed, "what" | "value" | "why">[]): string {
  const reasons = [...new Set(assumed.map(({ why }) => why))];
  return reasons
    .map((reason) => {
      const some = assumed.filter(({ why }) => why === reason).map(({ what, value }) => `${what} ${value}`);
      return `${some.join(", ")} (${reason})`;
    })
    .join("; ");
}

/** The one line that a load says. @param where the checkpoint's name. */
export function assumedNotice(where: string, assumed: readonly Assumed[]): string {
  return `${where}: assumed: ${assumedList(assumed)}`;
}

/** What `--strict` throws in place of the notice. @param where the checkpoint's name. */
export function assumedError(where: string, assumed: readonly Assumed[]): BadInputError {
  return new BadInputError(
    `${where}: ${assumedList(assumed)} would be assumed, and --strict allows nothing assumed`,
    `write what the model was trained with: ${assumed.map(({ mend }) => mend).join(", ")}`,
  );
}
