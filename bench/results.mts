/** `bench/RESULTS.md`: one section a group, each replaced as a whole by the command that measured it. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const HEAD = "# Results\n\nEach section is written by the command that measured it; no number is typed by hand.\n";

/** Replaces or appends one section. */
export function writeSection(name: string, lines: readonly string[]): void {
  const before = existsSync(FILE) ? readFileSync(FILE, "utf8") : HEAD;
  const [head = HEAD, ...sections] = before.split(/^(?=## )/m);
  const kept = sections.filter((section) => !section.startsWith(`## ${name}\n`));
  writeFileSync(
    FILE,
    [head.trimEnd(), ...kept.map((section) => section.trimEnd()), `## ${name}\n\n${lines.join("\n")}`]
      .join("\n\n")
      .concat("\n"),
  );
}
