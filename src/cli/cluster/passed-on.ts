/** The experiment's own words of a command line, as they were typed. */

import type { Command } from "commander";
import { UsageError } from "../../base/errors.js";

/**
 * @param command the command, with all of its options. @param args the words after its name, which it has parsed without complaint.
 * @param own names of the options that are not passed on: `--partition`.
 * @throws UsageError where a word has a line break, which no line of a script can hold.
 */
export function passedOn(
  command: Command,
  { args, own }: { readonly args: readonly string[]; readonly own: ReadonlySet<string> },
): string[] {
  const kept: string[] = [];
  for (let place = 0; place < args.length; place++) {
    const word = args[place] ?? "";
    const [name = ""] = word.split("=", 1);
    const option = command.options.find(({ long }) => long === name);
    const hasValueBehind = option?.required === true && !word.includes("=");
    const words = hasValueBehind ? [word, args[place + 1] ?? ""] : [word];
    if (!own.has(name)) kept.push(...words);
    place += words.length - 1;
  }
  const broken = kept.find((word) => /[\r\n]/.test(word));
  if (broken !== undefined)
    throw new UsageError(`An option holds a line break: ${JSON.stringify(broken)}`, "give it on one line");
  return kept;
}
