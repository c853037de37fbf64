/** npm of the running Node, found without asking another version on the PATH where that can be helped. */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { exists, homeFolder, project } from "./places.mjs";

/**
 * Of `npm ci`, no script run. All kinds of dependencies are named: NODE_ENV=production, or omit=dev and omit=optional in a .npmrc or in the
 * environment, leaves out the compiler and the figures' canvas otherwise. A setting on the command line stands above both.
 */
export const CI_OPTIONS = [
  "--include=dev",
  "--include=optional",
  "--include=peer",
  "--package-lock=true",
  "--dry-run=false",
  "--global=false",
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--loglevel=error",
];

/** Runs npm in `cwd`. @returns what `spawnSync` gives, its texts in UTF-8. */
export function npm(args, cwd, env = process.env) {
  const cli = npmCli(env);
  const onPath = process.platform === "win32" ? "npm.cmd" : "npm";
  const [command, all] = cli === null ? [onPath, args] : [process.execPath, [cli, ...args]];
  const shell = cli === null && process.platform === "win32";
  return spawnSync(command, all, { cwd, encoding: "utf8", env: withHome(env), shell });
}

// npm stops without a home folder, and where it cannot keep its cache there.
function withHome(env) {
  const home = homeFolder(env);
  try {
    if (home !== null) accessSync(home, constants.W_OK);
    if (home !== null) return env;
  } catch {}
  return { ...env, HOME: join(project, ".setup") };
}

/** The npm that called us; null for the one on the PATH; where there is none, the one that lies beside Node. */
function npmCli(env) {
  const caller = env.npm_execpath;
  if (caller !== undefined && /npm-cli\.c?js$/.test(caller)) return caller;
  const name = process.platform === "win32" ? "npm.cmd" : "npm";
  if ((env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && exists(join(folder, name)))) return null;
  const beside = join(dirname(process.execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js");
  return exists(beside) ? beside : null;
}

/** The first line of npm's output that says something, short. */
export function firstNpmError({ stderr, stdout, error }) {
  const lines = `${stderr ?? ""}\n${stdout ?? ""}`
    .split("\n")
    .map((line) => line.replace(/^npm (?:error|warn)\s*/, "").trim());
  return (
    lines.find((line) => line !== "" && !line.startsWith("Unknown user config"))?.slice(0, 200) ??
    String(error ?? "no message")
  );
}
