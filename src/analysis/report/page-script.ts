/** The page's script as one plain text: the compiled files of `page`, one after the other, in a function of their own. */

import { existsSync, readFileSync } from "node:fs";
import { isCheckout } from "../../../scripts/setup/command-line.mjs";
import { EnvironmentError } from "../../base/errors.js";

// Each file after those that it imports.
const FILES = [
  "../../statistics/wilson",
  "dom",
  "saving",
  "sorting",
  "view",
  "words",
  "difference",
  "lab-link",
  "attention",
  "theme",
  "contents",
  "tables",
  "matrix",
  "heads",
  "counts",
  "compare",
  "figures",
  "graph",
  "explorer",
  "main",
];

/** @throws EnvironmentError where it was not built. */
export function pageScript(): string {
  // From the sources, the built files are those of the package's last build.
  const folder = [new URL("../page/", import.meta.url), new URL("../../../dist/analysis/page/", import.meta.url)].find(
    (each) => existsSync(new URL("main.js", each)),
  );
  if (folder === undefined)
    throw new EnvironmentError(
      "The report's script was not built",
      isCheckout ? "run `npm run build`" : "install the package again: dist is part of it",
    );
  const parts = FILES.map((name) => joined(readFileSync(new URL(`${name}.js`, folder), "utf8")));
  return `(() => {\n"use strict";\n${parts.join("")}})();\n`;
}

function joined(module: string): string {
  return module.replace(/^import [^;]*;\n/gm, "").replace(/^export (?=async |function |class |const )/gm, "");
}
