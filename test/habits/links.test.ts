/** Every page can be reached from README, and every link in a page leads somewhere. */
// @needs nothing

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import GithubSlugger from "github-slugger";
import markdownIt, { type Token } from "markdown-it";
import { describe, expect, test } from "vitest";
import { pages } from "../../scripts/docs.mjs";

const parser = markdownIt({ html: true });
const known = new Map<string, Page>();

interface Page {
  /** Targets of links and pictures that lie in this repository: a path from its root, and an anchor or "". */
  readonly links: readonly { readonly path: string; readonly anchor: string }[];
  readonly anchors: ReadonlySet<string>;
  /** What is set as code, such as a path. */
  readonly code: readonly string[];
}

function pageOf(file: string): Page {
  const found = known.get(file) ?? readPage(file);
  known.set(file, found);
  return found;
}

function readPage(file: string): Page {
  const blocks = parser.parse(readFileSync(file, "utf8"), {});
  const tokens = blocks.flatMap((block) => [block, ...(block.children ?? [])]);
  const slugger = new GithubSlugger();
  const headings = blocks.flatMap((block, i) => (block.type === "heading_open" ? [blocks[i + 1]] : []));
  return {
    links: tokens.flatMap(targetsOf).flatMap((target) => inRepository(file, target)),
    anchors: new Set(headings.map((heading) => slugger.slug(textOf(heading)))),
    code: tokens.filter(({ type }) => type === "code_inline").map(({ content }) => content),
  };
}

function targetsOf(token: Token): string[] {
  const inHtml = /^html_/.test(token.type) ? [...token.content.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)] : [];
  return [token.attrGet("href"), token.attrGet("src"), ...inHtml.map(([, target]) => target ?? "")].filter(
    (each): each is string => each !== null && each !== undefined,
  );
}

function inRepository(file: string, target: string): { path: string; anchor: string }[] {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
  const [path = "", anchor = ""] = decodeURIComponent(target).split("#");
  return [{ path: path === "" ? file : normalize(join(dirname(file), path)).replaceAll("\\", "/"), anchor }];
}

function textOf(inline: Token | undefined): string {
  return (inline?.children ?? []).map(({ content }) => content).join("");
}

function reachedFrom(start: string): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file) || !file.endsWith(".md") || !existsSync(file)) return;
    reached.add(file);
    for (const { path } of pageOf(file).links) visit(path);
  };
  visit(start);
  return reached;
}

const all = ["README.md", ...pages()];

describe("pages", () => {
  test("can all be reached from README by links", () => {
    const reached = reachedFrom("README.md");
    expect(all.length).toBeGreaterThan(25);
    expect(all.filter((each) => !reached.has(each))).toEqual([]);
  });

  test.each(all)("%s: every link and picture is there, its anchor too", (file) => {
    const broken = pageOf(file).links.filter(
      ({ path, anchor }) =>
        !existsSync(path) || (anchor !== "" && path.endsWith(".md") && !pageOf(path).anchors.has(anchor)),
    );
    expect(broken).toEqual([]);
  });

  // CHANGELOG tells of files as they were; NAME stands for any study's.
  test.each(all.filter((each) => each !== "CHANGELOG.md"))("%s: every path that it names is there", (file) => {
    const paths = pageOf(file).code.filter(
      (each) => /^(?:src|test|scripts|bench|docs|weights)\/[\w./-]+$/.test(each) && !each.includes("/NAME"),
    );
    expect(paths.filter((each) => !existsSync(each) && !existsSync(each.replace(/\/$/, "")))).toEqual([]);
  });
});
