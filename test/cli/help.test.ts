/** What `--help` and a misspelt name say. */
// @needs build

import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAblations, parseStudies } from "../../src/cli/arguments.js";
import { tensorTable } from "../../src/cli/tensor-table.js";

const help = (...command: string[]): string =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", ...command, "--help"], { encoding: "utf8" }).stdout;

describe("--help", () => {
  const texts = new Map<string, string>();
  beforeAll(() => {
    for (const command of ["experiment", "trace", "analyze", "weights verify", "weights convert", "weights download"])
      texts.set(command, help(...command.split(" ")).replace(/\s+/g, " "));
  });

  test("no option has its default twice, or one that says only that it is off", () => {
    expect(texts.get("experiment")).toContain("layers at which attention is read (default: 4,8,14, or as deep in");
    for (const text of texts.values()) {
      expect(text).not.toMatch(/default: (?:false|\[|")/);
      expect(text).not.toMatch(/\([^()]*\bdefault\b[^()]*\) \([^()]*\bdefault\b/);
    }
  });

  test("--latex is offered where it writes something", () => {
    const offered = [...texts].filter(([, text]) => text.includes("--latex")).map(([command]) => command);
    expect(offered).toEqual(["experiment", "analyze"]);
  });
});

test.each([
  ["layermap", /unknown study "layermap"; did you mean layer-map\?; this version has/],
  ["Layer_Map", /did you mean layer-map\?/],
  ["atention", /did you mean attention\?/],
  ["magic", /unknown study "magic"; this version has/],
])("--study %s", (text, wanted) => expect(() => parseStudies(text)).toThrow(wanted));

test("--ablation resampel", () => expect(() => parseAblations("resampel")).toThrow(/did you mean resample\?/));

test("tensors stand by kind, then in the order of their numbers", () => {
  const line = (name: string, bytes: number) => ({ name, file: "a", dtype: "F32" as const, shape: [bytes / 4], bytes });
  const lines = tensorTable([
    line("h.10.w", 8),
    line("h.2.w", 8),
    line("h.2.b", 4),
    line("prj.1.w", 4),
    line("h.10.b", 4),
  ]);
  expect(lines).toEqual([
    "kind     count  type  shape  bytes",
    "h.*.b        2  F32   [1]        8",
    "h.*.w        2  F32   [2]       16",
    "prj.1.w      1  F32   [1]        4",
    "",
    "tensor   type  shape  bytes",
    "h.2.b    F32   [1]        4",
    "h.2.w    F32   [2]        8",
    "h.10.b   F32   [1]        4",
    "h.10.w   F32   [2]        8",
    "prj.1.w  F32   [1]        4",
    "5 tensors, 0.0 MiB",
  ]);
});
