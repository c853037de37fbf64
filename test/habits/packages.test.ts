/** docs/packages.md: what stands behind each package that was asked for, and why one is not used. */
// @needs nothing

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createCanvas, PDFDocument } from "canvas";
import * as vega from "vega";
import { describe, expect, test } from "vitest";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";

const require = createRequire(import.meta.url);
const page = readFileSync("docs/packages.md", "utf8");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifestOf = (file: string): Manifest => JSON.parse(readFileSync(file, "utf8")) as Manifest;
const { dependencies, devDependencies } = manifestOf("package.json");
const pinned = { ...dependencies, ...devDependencies };

describe("docs/packages.md", () => {
  test("gives the nine packages the versions of package.json", () => {
    const rows = [...page.matchAll(/^\| `([^`]+)` \| (\d\S*)(?: of `([^`]+)`)? \|/gm)];
    expect(rows).toHaveLength(9);
    for (const [, name = "", version = "", behind] of rows)
      expect([name, pinned[name]]).toEqual([name, behind === undefined ? version : `npm:${behind}@${version}`]);
  });

  test("names every package that package.json depends on", () => {
    expect(Object.keys(pinned).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

interface NpmSafetensors {
  readonly SafeTensor: new (
    bytes: Uint8Array,
  ) => { readonly metadata: ReadonlyMap<string, unknown>; getTensor(name: string): Uint8Array };
}

describe("npm's safetensors 0.0.1", () => {
  const { SafeTensor } = require("safetensors") as NpmSafetensors;
  // Written by transformers' save_pretrained, and by Python's safetensors without metadata.
  const ofTransformers = new Uint8Array(readFileSync("test/fixtures/models/full-heads/model.safetensors"));
  const plain = new Uint8Array(readFileSync("test/fixtures/sites.safetensors"));
  const ours = async (bytes: Uint8Array) => openSafetensors(await filesFromBytes("m", { f: bytes }).open("f"));

  test("fails on the file of transformers, because of __metadata__, which our reader reads", async () => {
    expect(() => new SafeTensor(ofTransformers)).toThrow("Cannot read properties of undefined (reading 'map')");
    const { metadata, tensors } = await ours(ofTransformers);
    expect([metadata, tensors.size]).toEqual([{ format: "pt" }, 36]);
  });

  test("reads a file without it as ours does: the entry is what it fails on", async () => {
    const theirs = new SafeTensor(plain);
    const file = await ours(plain);
    expect([...theirs.metadata.keys()].sort()).toEqual([...file.tensors.keys()].sort());
    for (const name of file.tensors.keys()) {
      const { data } = await file.read(name);
      expect(Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(theirs.getTensor(name)), name).toBe(
        true,
      );
    }
  });
});

describe("the package behind canvas", () => {
  const manifest = manifestOf("node_modules/canvas/package.json");

  test("is @napi-rs/canvas, which runs nothing when it is installed", () => {
    expect(`npm:${manifest.name}@${manifest.version}`).toBe(dependencies["canvas"]);
    expect(manifest.name).toBe("@napi-rs/canvas");
    const atInstallation = ["preinstall", "install", "postinstall", "prepare"];
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => atInstallation.includes(name))).toEqual([]);
  });

  test("is what Vega draws on", async () => {
    const view = new vega.View(vega.parse({ width: 10, height: 10, marks: [] }), { renderer: "none" });
    try {
      expect((await view.toCanvas()).constructor).toBe(createCanvas(1, 1).constructor);
    } finally {
      view.finalize();
    }
  });

  test("writes PDF, which npm's canvas has under other calls", () => {
    const document = new PDFDocument();
    document.beginPage(10, 10).fillRect(0, 0, 5, 5);
    document.endPage();
    expect(document.close().subarray(0, 5).toString()).toBe("%PDF-");
  });
});
