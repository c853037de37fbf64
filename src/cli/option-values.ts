/** How options of the command line take their values. */

import { InvalidArgumentError } from "commander";

/** What parses an option, with its error as the command line shows it. */
export function argument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** Values of an option that may be repeated. */
export function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

/** The same, of lists with commas. */
export function collectList(text: string, before: readonly string[]): string[] {
  return [...before, ...text.split(",").map((each) => each.trim())];
}
