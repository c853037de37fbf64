/** Who takes part, and how each is started. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import type { Command } from "../protocol.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
// Compiled, as bench/device.sh carries it, it runs without tsx.
const COMPILED = import.meta.url.endsWith(".mjs");

/** What the commands need to know. */
export interface Places {
  readonly python: string;
  readonly peers: string;
}

type Own = "ours-ceilings" | "ours-steps" | "ours-runs";

/** One of our own contenders. */
export function ours(file: Own, ...args: readonly string[]): Command {
  const program = COMPILED ? [here(`${file}.mjs`)] : ["--import", "tsx", here(`${file}.mts`)];
  return { name: "ours", command: process.execPath, args: [...program, ...args] };
}

/** The same on one engine. */
export function oursBy(engine: EngineName, file: Own, ...args: readonly string[]): Command {
  return { ...ours(file, ...args), env: { CODILENS_ENGINE: engine } };
}

/** The same on every engine that is to be measured; the first is the one to which all others are compared. */
export function oursByAll(
  { engines = [] }: { readonly engines?: readonly { readonly name: EngineName; readonly label: string }[] },
  file: Own,
  ...args: readonly string[]
): Command[] {
  const [first, ...others] = engines;
  if (first === undefined) return [ours(file, ...args)];
  return [
    oursBy(first.name, file, ...args),
    ...others.map(({ name, label }) => ({ ...oursBy(name, file, ...args), name: `ours, ${label}` })),
  ];
}

/** A contender in Python. */
export function python({ python }: Places, name: string, file: string, ...args: readonly string[]): Command {
  const env = {
    HF_HUB_OFFLINE: "1",
    TRANSFORMERS_OFFLINE: "1",
    TOKENIZERS_PARALLELISM: "false",
    PYTHONDONTWRITEBYTECODE: "1",
  };
  return { name, command: python, args: [here(file), ...args], env };
}

/** A contender whose npm package lies in the peers' folder; null where it is not installed. */
export function npmPeer(
  { peers }: Places,
  name: string,
  file: string,
  pkg: string,
  ...args: readonly string[]
): Command | null {
  const folder = join(peers, "node", "node_modules", pkg);
  return existsSync(folder) ? { name, command: process.execPath, args: [here(file), folder, ...args] } : null;
}
