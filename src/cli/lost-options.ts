/** Finds options that npm kept for itself, by the options that the commands define. */

import type { Command } from "commander";
import { lostToNpm } from "../../scripts/setup/npm-options.mjs";

/** The message where npm kept options of this command line for itself, or null. `args` are those that arrived. */
export function lostToNpmOf(program: Command, args: readonly string[]): string | null {
  const [script = ""] = args;
  const options = leafOf(program, args).options.map(({ long, flags }) => ({
    name: (long ?? "").replace(/^--/, ""),
    flags,
  }));
  return lostToNpm(script, { options, args: args.slice(1) });
}

/** The command that the words begin with, `weights verify` down to `verify`. */
function leafOf(command: Command, args: readonly string[]): Command {
  const [name] = args;
  const next = command.commands.find((each) => each.name() === name);
  return next === undefined ? command : leafOf(next, args.slice(1));
}
