/** Keeps the licences of what the page bundles: minifying drops them from the programs, so they stand in a file beside these. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Collects packages over the page's bundle and its worker's; the writer, at the end, makes `LICENSES.txt` of them. */
export function licences() {
  const folders = new Set();
  return {
    plugin: () => ({
      name: "codilens-licences",
      renderChunk(_code, { modules }) {
        for (const [id, { renderedLength }] of Object.entries(modules)) {
          const folder = packageOf(id);
          if (folder !== null && renderedLength > 0) folders.add(folder);
        }
        return null;
      },
    }),
    writer: () => ({
      name: "codilens-licences-file",
      generateBundle() {
        const source = [...folders]
          .sort()
          .map(noticeOf)
          .join(`\n${"-".repeat(78)}\n\n`);
        this.emitFile({ type: "asset", fileName: "LICENSES.txt", source });
      },
    }),
  };
}

function packageOf(id) {
  const [, folder = null] = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\\", "/")) ?? [];
  return folder;
}

function noticeOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const by = typeof author === "string" ? author : (author?.name ?? "its authors");
  const text =
    file === undefined || !existsSync(join(folder, file))
      ? `${license}, by ${by}\n`
      : readFileSync(join(folder, file), "utf8");
  return `${name} ${version}\n\n${text.trim()}\n`;
}
