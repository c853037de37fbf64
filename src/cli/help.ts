/** How `--help` shows an option: its default once, and none where that is "nothing" or "off". */

import { Help, type Option } from "commander";

const plain = new Help();

/** Text beside an option, for `Command.configureHelp`. */
export function optionDescription(option: Option): string {
  const { defaultValue, description } = option;
  const empty = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  const shown: Option = Object.create(option);
  if (empty || /\bdefault\b/.test(description)) shown.defaultValue = undefined;
  else if (Array.isArray(defaultValue)) shown.defaultValueDescription = defaultValue.join(",");
  else if (typeof defaultValue === "string") shown.defaultValueDescription = defaultValue;
  return plain.optionDescription(shown);
}
