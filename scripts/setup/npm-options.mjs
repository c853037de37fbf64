/**
 * Options that npm kept for itself. `npm run experiment --layers=1` without `--` before the options passes nothing on: npm 10 and 11 take
 * them for settings of their own and leave them in the environment (npm_config_layers=1); npm 12 refuses by itself.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./places.mjs";

// npm answers the first two itself, and what its own -q and its common setting progress=false set changes no number. Of --include and --only npm keeps
// nothing that could be seen: it drops a value that it does not know (with a warning), and deprecated settings.
const NPMS_OWN = new Set(["help", "version", "quiet", "no-progress"]);

/**
 * What to say where npm kept options of this script, or null. An option counts as lost where npm has it as a setting while the command line
 * lacks it. Settings out of a .npmrc are no part of the command line, and a command that npm did not start has lost nothing.
 *
 * @param script name of the npm script and of the command.
 * @param options of the command: `name` without dashes, `flags` as in its help (`--layers <list>` takes a value).
 * @param args that did arrive.
 * @returns one sentence, and the right command line.
 */
export function lostToNpm(script, { options, args, env = process.env }) {
  if (env.npm_lifecycle_event !== script || !isOwnScript(env)) return null;
  const filed = settingsInFiles(env);
  const lost = options
    .filter(
      ({ name }) => !NPMS_OWN.has(name) && !args.some((each) => each === `--${name}` || each.startsWith(`--${name}=`)),
    )
    .map((option) => ({ ...option, found: env[variableOf(option.name)] }))
    .filter(({ name, found }) => found !== undefined && !filed.has(settingOf(name)));
  if (lost.length === 0) return null;
  const names = lost.map(({ name }) => `--${name}`).join(", ");
  const variables = lost.map(({ name }) => variableOf(name)).join(", ");
  return [
    `npm kept ${names} for itself: options reach ${script} only after \`--\``,
    `  → npm run ${script} -- ${rightLine(lost, args)}`,
    `  → or unset ${variables}, where the environment sets it`,
  ].join("\n");
}

/**
 * Ends a program of the repository (fuzz, bench, …) with exit code 2 where npm kept options of it for itself.
 *
 * @param script name of the npm script.
 * @param options as `parseArgs` of `node:util` takes them.
 */
export function stopWhereLost(script, options, args = process.argv.slice(2)) {
  const named = Object.entries(options).map(([name, { type }]) => ({
    name,
    flags: type === "string" ? `--${name} <value>` : `--${name}`,
  }));
  const lost = lostToNpm(script, { options: named, args });
  if (lost === null) return;
  process.stderr.write(`codilens: ${lost}\n`);
  process.exit(2);
}

/** `no-controls` is npm's setting `controls`, switched off. */
function settingOf(name) {
  return name.replace(/^no-/, "").replaceAll("-", "_").toLowerCase();
}

function variableOf(name) {
  return `npm_config_${settingOf(name)}`;
}

// Another project's script of the same name may start this one's command with everything in place.
function isOwnScript(env) {
  return env.npm_package_json === undefined || env.npm_package_json === join(project, "package.json");
}

/** Names that a .npmrc sets: the user's, npm's own, this project's. */
function settingsInFiles(env) {
  const files = [env.npm_config_userconfig, env.npm_config_globalconfig, join(project, ".npmrc")];
  const lines = files.flatMap((file) => (file ? textOf(file).split("\n") : []));
  const names = lines.map((line) => /^\s*([^\s#;=[\]]+)\s*(?:\[\])?\s*(?:=|$)/.exec(line)?.[1] ?? "");
  return new Set(names.map(settingOf));
}

function textOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** What was typed, as it should have been. npm cuts `--layers 1` into `--layers` and an argument: they are joined again where that is certain. */
function rightLine(lost, args) {
  const cut = lost.filter(({ flags, found }) => /[<[]/.test(flags) && found === "true");
  const rest = [...args];
  // Positional arguments that no option of the line can claim.
  const loose = rest.filter((each, i) => !each.startsWith("-") && !(rest[i - 1] ?? "").startsWith("-"));
  const value = cut.length === 1 ? loose.at(-1) : undefined;
  if (value !== undefined) rest.splice(rest.indexOf(value), 1);
  const written = lost.map((option) => optionText(option, option === cut[0] ? value : undefined));
  return [...rest.map(quoted), ...written].join(" ");
}

function optionText({ name, flags, found }, value) {
  if (!/[<[]/.test(flags)) return `--${name}`;
  const placeholder = flags.slice(flags.search(/[<[]/));
  if (value !== undefined) return `--${name}=${quoted(value)}`;
  return found === "true" || found === "" ? `--${name}=${placeholder}` : `--${name}=${quoted(found)}`;
}

function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
