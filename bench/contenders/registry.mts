/** Who takes part, and how each is started. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "../protocol.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What the commands need to know. */
export interface Places {
  readonly python: string;
  readonly peers: string;
}

/** One of our own contenders. */
export function ours(file: "ours-ceilings" | "ours-steps" | "ours-runs", ...args: readonly string[]): Command {
  return { name: "ours", command: process.execPath, args: ["--import", "tsx", here(`${file}.mts`), ...args] };
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
