/** What a run wrote, for comparing it with another one. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Say when, by what command, and by whom a run was computed. */
const STAMPED = /^(?:manifest\.json|log\.jsonl|report\.html|SHA256SUMS)$/;

/** Every file of a run but those, by name; folders of its shards are left out. */
export function outputsOf(out: string): Record<string, string> {
  const names = readdirSync(out, { recursive: true, encoding: "utf8" }).filter(
    (name) => /\.\w+$/.test(name) && !STAMPED.test(name) && !/^shard-/.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), "base64")]));
}
