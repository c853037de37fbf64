/** `bench/RESULTS.md`: a part for each machine, and in it a section for each group, replaced by the command that measured it there. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rangeLines, rangesOf, withRanges } from "./ranges.mjs";

const OWN = fileURLToPath(new URL(".", import.meta.url));
/** Where sections go: CODILENS_BENCH_OUT, else this folder. */
const FILE = join(process.env["CODILENS_BENCH_OUT"] ?? OWN, "RESULTS.md");
const HEAD =
  "# Results\n\nEach machine has a part of its own, and each section is written by the command that measured it there. No number is typed by hand.";
const RANGES = "Over all machines";

/** Targets whose range README shows. */
export const IN_README = [
  "the original's loop / ours, a problem (below 30 would be a failure)",
  "the original's loop / ours, a problem, tiny-codi blown up",
  "best batched PyTorch / ours",
  "best batched PyTorch / ours, tiny-codi blown up",
  "prefill of 64 tokens, PyTorch / ours",
  "latent step at 1 row, PyTorch / ours",
  "decode step at 64 rows, PyTorch / ours",
  "the least of all these steps, PyTorch / ours",
] as const;

/** A group's section of one machine. */
export interface Section {
  readonly machine: string;
  readonly name: string;
  /** Without its heading. */
  readonly text: string;
}

/** Which section is written, and where. */
export interface SectionPlace {
  /** Processor and cores, as `machineName` says them. */
  readonly machine: string;
  /** The group. */
  readonly name: string;
  /** Default: the bench's own. */
  readonly file?: string;
}

/** Replaces or appends one section of one machine; every other section stays as it is. */
export function writeSection(lines: readonly string[], { machine, name, file = FILE }: SectionPlace): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  writeFileSync(file, withSection(before, { machine, name, text: lines.join("\n") }));
}

/** The whole text with one section in it, and with the ranges that follow from it. */
export function withSection(before: string, section: Section): string {
  const sections = sectionsOf(before);
  const at = sections.findIndex(({ machine, name }) => machine === section.machine && name === section.name);
  if (at === -1) sections.push(section);
  else sections[at] = section;
  return textOf(sections);
}

/** Every section, in the order of the file. */
export function sectionsOf(text: string): Section[] {
  const [, ...parts] = text.split(/^## /m);
  return parts.flatMap((part) => {
    const [machine = "", ...sections] = part.split(/^### /m);
    return sections.map((each) => {
      const [name = "", ...rest] = each.split("\n");
      return { machine: machine.trim(), name: name.trim(), text: rest.join("\n").trim() };
    });
  });
}

/** Writes README's ranges anew from the bench's own results. */
export function writeReadme(): void {
  const readme = join(OWN, "..", "README.md");
  const ranges = rangesOf(sectionsOf(readFileSync(join(OWN, "RESULTS.md"), "utf8")));
  writeFileSync(readme, withRanges(readFileSync(readme, "utf8"), ranges, IN_README));
}

function textOf(sections: readonly Section[]): string {
  const machines = [...new Set(sections.map(({ machine }) => machine))];
  const parts = machines.map((machine) => [
    `## ${machine}`,
    ...sections.filter((each) => each.machine === machine).map(({ name, text }) => `### ${name}\n\n${text}`),
  ]);
  const ranges = rangeLines(rangesOf(sections), machines);
  const over = ranges.length === 0 ? [] : [`## ${RANGES}`, ranges.join("\n")];
  return `${[HEAD, ...over, ...parts.flat()].join("\n\n")}\n`;
}
