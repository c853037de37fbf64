/** The files that the page consists of: what Vite built, the WASM engine's files as its package brings them, and the embedded model. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BadInputError, EnvironmentError } from "../../base/errors.js";
import { embeddedModel } from "../defaults.js";

/** Paths within the page's folder, with slashes, and the file behind each. */
export type PageFiles = ReadonlyMap<string, string>;

const BUILT = fileURLToPath(new URL("../../../dist/lab", import.meta.url));
const MODEL_FILES = ["codi.json", "config.json", "model.safetensors", "tokenizer.json"];
const WASM_PACKAGE = "@tensorflow/tfjs-backend-wasm";

/** @throws EnvironmentError where the page was not built. */
export function pageFiles(): PageFiles {
  if (!existsSync(join(BUILT, "index.html")))
    throw new EnvironmentError(
      `There is no built page in ${BUILT}`,
      "run it by `npm run lab` in a clone, or install the package again",
    );
  const wasm = join(dirname(createRequire(import.meta.url).resolve(`${WASM_PACKAGE}/package.json`)), "dist");
  return new Map([
    ...filesBelow(BUILT).map((path): [string, string] => [path, join(BUILT, path)]),
    ...readdirSync(wasm)
      .filter((name) => name.endsWith(".wasm"))
      .map((name): [string, string] => [`wasm/${name}`, join(wasm, name)]),
    ...MODEL_FILES.map((name): [string, string] => [`model/${name}`, join(embeddedModel, name)]),
  ]);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}

/** The content policy, which stands in the page itself, so that any host has it. */
export function policyOf(files: PageFiles): string {
  const page = readFileSync(files.get("index.html") ?? "", "utf8");
  const [, policy] = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page) ?? [];
  if (policy === undefined)
    throw new BadInputError(`${BUILT}/index.html has no content policy`, "build the page again");
  return policy;
}
