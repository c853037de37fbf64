/** `bench/RESULTS.md`: one section a group, each replaced as a whole by the command that measured it. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where sections go: CODILENS_BENCH_OUT, else this folder. */
const FILE = join(process.env["CODILENS_BENCH_OUT"] ?? fileURLToPath(new URL(".", import.meta.url)), "RESULTS.md");
const HEAD = "# Results\n\nEach section is written by the command that measured it; no number is typed by hand.\n";

/** Replaces or appends one section. @param file default: the bench's own. */
export function writeSection(name: string, lines: readonly string[], file: string = FILE): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : HEAD;
  const [head = HEAD, ...sections] = before.split(/^(?=## )/m);
  const kept = sections.filter((section) => !section.startsWith(`## ${name}\n`));
  writeFileSync(
    file,
    [head.trimEnd(), ...kept.map((section) => section.trimEnd()), `## ${name}\n\n${lines.join("\n")}`]
      .join("\n\n")
      .concat("\n"),
  );
}
