/** The names that complete in an editor are those of the table, and say what it says. */
// @needs nothing

import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { BLOCK_SITES, GLOBAL_SITES } from "../../../src/model/hooks/names.js";
import { site } from "../../../src/model/hooks/site.js";

/** Every text in an object, and in those within it. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** What stands above each property that is a site, by the site's name. */
function documented(): Map<string, string> {
  const file = "src/model/hooks/site.ts";
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && node.type !== undefined && /^["`]/.test(node.type.getText())) {
      const name = node.type
        .getText()
        .slice(1, -1)
        .replace(/^blocks\.\$\{L\}\./, "");
      found.set(
        name,
        ts
          .getJSDocCommentsAndTags(node)
          .map((each) => String(each.comment))
          .join(" "),
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("site", () => {
  test("has every name of the table once, in a block and in every block", () => {
    const { everyBlock, block, ...outside } = site;
    expect(texts(outside).sort()).toEqual(Object.keys(GLOBAL_SITES).sort());
    const kinds = Object.keys(BLOCK_SITES);
    expect(texts(block(11)).sort()).toEqual(kinds.map((kind) => `blocks.11.${kind}`).sort());
    expect(texts(everyBlock).sort()).toEqual(kinds.map((kind) => `blocks.*.${kind}`).sort());
  });

  test("says of every name what the table says", () => {
    const table = Object.entries({ ...BLOCK_SITES, ...GLOBAL_SITES }).map(([name, { meaning }]) => [name, meaning]);
    expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(table));
  });

  test.each([["8"], [-1], [1.5], [undefined], [Number.NaN]])("refuses block(%s)", (layer) => {
    expect(() => site.block(layer as number)).toThrow(/^site\.block\(.*\): wanted the number of a block$/);
  });
});
