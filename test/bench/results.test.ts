/** RESULTS.md: a part for each machine, and the ranges over them. */
// @needs nothing

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { machineFolder, processorName } from "../../bench/context.mjs";
import { rangesOf, rangeText, withRanges } from "../../bench/ranges.mjs";
import { measuredOn, ratioFigure } from "../../bench/report.mjs";
import { IN_README, sectionsOf, withSection, writeSection } from "../../bench/results.mjs";
import { targetTable } from "../../bench/table.mjs";
import { temporaryFolder } from "../support/temporary.js";

const target = (what: string, measured: number, unit = "") => ({
  what,
  wanted: 2,
  sense: "at least" as const,
  unit,
  measured,
});
const tableOf = (...targets: ReturnType<typeof target>[]): string => targetTable(targets).join("\n");

describe("sections of machines", () => {
  test("a machine's section is replaced as a whole; other groups' and the same group's of other machines stay", () => {
    const file = join(temporaryFolder("codilens-bench-results-"), "RESULTS.md");
    writeSection(["old"], { machine: "2 × A", name: "steps", file });
    writeSection(["kept"], { machine: "2 × A", name: "study", file });
    writeSection(["other machine"], { machine: "2 × B", name: "steps", file });
    writeSection(["more cores"], { machine: "4 × A", name: "steps", file });
    writeSection(["new"], { machine: "2 × A", name: "steps", file });
    expect(sectionsOf(readFileSync(file, "utf8"))).toEqual([
      { machine: "2 × A", name: "steps", text: "new" },
      { machine: "2 × A", name: "study", text: "kept" },
      { machine: "2 × B", name: "steps", text: "other machine" },
      { machine: "4 × A", name: "steps", text: "more cores" },
    ]);
  });

  test("sections of one machine stand together, and writing one again changes no byte", () => {
    const sections = [
      { machine: "A", name: "x", text: tableOf(target("t", 3)) },
      { machine: "B", name: "x", text: tableOf(target("t", 1.5)) },
      { machine: "A", name: "y", text: "two\n\nparagraphs" },
    ];
    const text = sections.reduce(withSection, "");
    expect(sectionsOf(text).map(({ machine, name }) => `${machine} ${name}`)).toEqual(["A x", "A y", "B x"]);
    expect(sections.reduce(withSection, text)).toBe(text);
  });

  test("a machine's folder is plain text, and cores tell machines of one processor apart", () => {
    expect(machineFolder("2 × Intel(R) Xeon(R) Processor")).toBe("2-intel-xeon-processor");
    expect(machineFolder("16 × AMD EPYC 7B13 64-Core")).toBe("16-amd-epyc-7b13-64-core");
  });

  test("a processor without a number of its own is told apart by family and model", () => {
    const info = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n";
    expect(processorName("AMD EPYC ", info)).toBe("AMD EPYC, family 25 model 1");
    expect(processorName("AMD EPYC 7B13", info)).toBe("AMD EPYC 7B13");
    expect(processorName("Apple", "")).toBe("Apple");
  });

  test("a figure names its machine", () => {
    const spec = measuredOn("2 × A", ratioFigure("Steps", ["three rounds"], []));
    expect(spec["title"]).toEqual({ text: "Steps", subtitle: ["three rounds", "measured on 2 × A"] });
  });
});

describe("ranges over machines", () => {
  const sections = [
    {
      machine: "A",
      name: "g",
      text: tableOf(target("fast", 2.7), target("share", 66.6, " %"), target("never", Number.NaN)),
    },
    { machine: "B", name: "g", text: tableOf(target("fast", 0.9), target("share", 70, " %")) },
    { machine: "C", name: "g", text: tableOf(target("fast", 1.05), { ...target("own", 5), note: "of 4" } as never) },
  ];
  const ranges = rangesOf(sections);

  test("go from the least to the most, whatever the order of machines; a machine alone is named", () => {
    expect(ranges.map((range) => [range.what, rangeText(range)])).toEqual([
      ["fast", "0.900 to 2.70"],
      ["share", "66.6 to 70.0 %"],
      ["own", "5.00 (C alone)"],
    ]);
  });

  test("stand above the machines, with each machine's figure", () => {
    const text = sections.reduce(withSection, "");
    expect(text).toContain("| g | fast | 0.900 to 2.70 | 2.70 | 0.900 | 1.05 |");
    expect(text).toContain("| g | share | 66.6 to 70.0 % | 66.6 % | 70.0 % | – |");
  });

  test("stand in a page between its marks, and nothing around them changes", () => {
    const marks = ["<!-- ranges of bench/RESULTS.md: written by npm run bench -->", "<!-- end of ranges -->"];
    const page = `before\n${marks[0]}\nold\n${marks[1]}\nafter`;
    const written = withRanges(page, ranges, ["share", "fast"]);
    expect(written).toMatch(
      /^before\n<!--[\s\S]*\| share \| 66\.6 to 70\.0 % \|\n\| fast [\s\S]*<!-- end of ranges -->\nafter$/,
    );
    expect(written).toContain("Machines: A; B; C.");
    expect(written).not.toContain("old");
    expect(() => withRanges("no marks", ranges, [])).toThrow('no "<!-- ranges');
  });
});

describe("what is committed", () => {
  const results = readFileSync("bench/RESULTS.md", "utf8");
  const sections = sectionsOf(results);

  test("README's ranges and those in RESULTS.md are those of its sections", () => {
    const [first] = sections;
    if (first === undefined) throw new Error("no sections");
    expect(withSection(results, first)).toBe(results);
    const readme = readFileSync("README.md", "utf8");
    expect(withRanges(readme, rangesOf(sections), IN_README)).toBe(readme);
  });

  test("each section names the machine that it stands under, and its figures lie in that machine's folder", () => {
    for (const { machine, name, text } of sections) {
      expect(text, `${machine} ${name}`).toContain(`. ${machine}, `);
      for (const [, folder] of text.matchAll(/\]\(figures\/([^/)]+)\//g)) expect(folder).toBe(machineFolder(machine));
    }
    const known = sections.map(({ machine }) => machineFolder(machine));
    expect(readdirSync("bench/figures").filter((folder) => !known.includes(folder))).toEqual([]);
    expect(existsSync("bench/figures/2-amd-epyc/steps.png")).toBe(true);
  });
});
