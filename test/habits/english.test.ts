/** What a native reader stumbles over in the pages: bullets that hold too much, and words of the house. */
// @needs nothing

import { readdirSync, readFileSync } from "node:fs";
import markdownIt from "markdown-it";
import { describe, expect, test } from "vitest";

const LIMIT = 60;
const parser = markdownIt();

/** Words of each bullet, without those of the bullets below it. */
function bulletsOf(text: string): string[] {
  const open: string[][] = [];
  const found: string[] = [];
  for (const token of parser.parse(text, {})) {
    if (token.type === "list_item_open") open.push([]);
    else if (token.type === "list_item_close") found.push(open.pop()?.join(" ") ?? "");
    else if (token.type === "inline")
      open
        .at(-1)
        ?.push((token.children ?? []).map(({ type, content }) => (/break$/.test(type) ? " " : content)).join(""));
  }
  return found;
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));

// CHANGELOG and the measured tables keep what was written when it was true.
const pages = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"],
  ...readdirSync("docs", { recursive: true, encoding: "utf8" }).flatMap((name) =>
    name.endsWith(".md") ? [`docs/${name.replaceAll("\\", "/")}`] : [],
  ),
].sort();

/** Words that only this house uses, and phrases that stop a native reader. */
const HOUSE_WORDS =
  /\bunasked\b|\bdeeds?\b|\bin vain\b|\bwhat of it\b|\bwere (?:it|they)\b|\bis told\b|\bare told\b|\bbe told\b|\bmost (?:answers|pairs) break\b|\bchange the share\b/gi;

describe("English", () => {
  test("a bullet's words are counted without markup, targets of links and the bullets below it", () => {
    const text = "- **one** [two](a/b.md) `three four`\n  five\n  - below it\n\n- six — seven\n";
    expect(bulletsOf(text).map((each) => wordsOf(each).length)).toEqual([2, 5, 2]);
  });

  test.each(pages)(`%s: a bullet has at most ${LIMIT} words`, (page) => {
    const long = bulletsOf(readFileSync(page, "utf8"))
      .map((bullet) => ({ words: wordsOf(bullet).length, bullet }))
      .filter(({ words }) => words > LIMIT);
    expect(long).toEqual([]);
  });

  test.each(pages)("%s: no words of the house", (page) => {
    expect(readFileSync(page, "utf8").match(HOUSE_WORDS) ?? []).toEqual([]);
  });
});
