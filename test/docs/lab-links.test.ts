/** Links of the documentation into the page of `codilens lab`: each is one that the page reads, with edits that the embedded model has. */
// @needs engine

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LAB_PORT } from "../../src/analysis/page/lab-link.js";
import { fromFragment } from "../../src/lab/edits/fragment/fragment.js";

const pages = ["README.md", "examples/README.md", ...readdirSync("docs").map((name) => `docs/${name}`)];
const links = pages
  .filter((page) => page.endsWith(".md"))
  .flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/#1&q=[^\s)`"]+/g)].map(([fragment]) => ({ page, fragment })),
  );

describe("links into the lab", () => {
  test("stand in the documentation and name the port of the reports", () => {
    expect(links.length).toBeGreaterThan(3);
    for (const page of ["docs/lab.md", "examples/README.md"])
      expect(readFileSync(page, "utf8")).toContain(`--port ${LAB_PORT}`);
    const ports = [...readFileSync("examples/README.md", "utf8").matchAll(/127\.0\.0\.1:(\d+)/g)];
    expect(new Set(ports.map(([, port]) => port))).toEqual(new Set([String(LAB_PORT)]));
  });

  test.each(links)("$page: $fragment", ({ fragment }) => {
    const read = fromFragment(fragment);
    expect(read.kind).toBe("state");
    if (read.kind !== "state") return;
    for (const { target } of read.state.edits) {
      expect(target.block).toBeLessThan(16);
      if (target.kind !== "edge") expect(target.latent).toBeLessThan(6);
      if (target.kind === "head") expect(target.head).toBeLessThan(4);
    }
  });
});
