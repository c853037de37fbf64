/** CHANGELOG.md's shape: one heading a version, the newest first, and one for the version of package.json. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { faultsOf, isNewer, releases } from "../../scripts/changelog.mjs";

const text = readFileSync("CHANGELOG.md", "utf8");
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

describe("CHANGELOG.md", () => {
  test("has its shape", () => {
    expect(faultsOf(text, version)).toEqual([]);
    expect(releases(text).length).toBeGreaterThanOrEqual(2);
  });

  test("CITATION.cff cites the version of package.json", () => {
    expect(readFileSync("CITATION.cff", "utf8")).toContain(`\nversion: ${version}\n`);
  });
});

describe("faultsOf()", () => {
  const right = "# Changelog\n\n## Unreleased\n\n## 0.2.0\n\n### Added\n\n- B.\n\n## 0.1.0\n\nThe first.\n";

  test.each([
    ["nothing, where all is right", right, []],
    ["a missing title", right.replace("# Changelog\n", ""), ["the first line is not `# Changelog`"]],
    [
      "a heading that is no version",
      right.replace("0.2.0", "Next"),
      ['"Next" is neither Unreleased nor a version', 'there is no heading "## 0.2.0"'],
    ],
    ["the wrong order", right.replace("0.1.0", "0.3.0"), ["0.3.0 stands below 0.2.0, and is not older"]],
    ["a version twice", right.replace("0.1.0", "0.2.0"), ["0.2.0 stands below 0.2.0, and is not older"]],
    [
      "Unreleased in the middle",
      right.replace("## Unreleased\n", "").replace("## 0.1.0", "## Unreleased\n\n## 0.1.0"),
      ["Unreleased does not stand first"],
    ],
    ["an empty version", right.replace("The first.\n", ""), ["0.1.0 is empty"]],
    [
      "a heading too deep",
      right.replace("### Added", "#### Added"),
      ['0.2.0: "Added" is a heading below the third level'],
    ],
    ["a heading twice", right.replace("- B.", "- B.\n\n### Added\n\n- C."), ['0.2.0: "Added" stands there twice']],
  ])("%s", (_, made, faults) => {
    expect(faultsOf(made, "0.2.0")).toEqual(faults);
  });
});

test.each([
  ["0.2.0", "0.1.9", true],
  ["0.10.0", "0.9.0", true],
  ["1.0.0", "0.99.99", true],
  ["0.2.0", "0.2.0", false],
  ["0.2.0", "0.2.0-beta.1", true],
  ["0.2.0-beta.1", "0.2.0", false],
  ["0.2.0-beta.2", "0.2.0-beta.1", true],
])("isNewer(%s, %s) is %s", (one, other, expected) => {
  expect(isNewer(one, other)).toBe(expected);
});
