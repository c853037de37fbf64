/** The computing core without Node: a model from the bytes of its files, on an engine that somebody else started. */
// @needs engine, process, time

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesFromBytes, LatentModel } from "../../../src/browser.js";
import { CodiModel } from "../../../src/index.js";

const FOLDER = "weights/tiny-codi";
const QUESTION = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";

const bytes = Object.fromEntries(
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:json|safetensors)$/.test(entry.name))
    .map(({ name }) => [name, new Uint8Array(readFileSync(`${FOLDER}/${name}`))]),
);

test("without an engine nothing is loaded, and the message says what to do", async () => {
  await expect(LatentModel.load(filesFromBytes("bytes", bytes))).rejects.toThrow(/No engine was started/);
});

test("a model from bytes computes what the same model from its folder does", async () => {
  using fromFolder = await CodiModel.load(FOLDER);
  using fromBytes = await LatentModel.load(filesFromBytes("bytes", bytes));
  const site = "blocks.8.hook_resid_post";
  const [mine, theirs] = [
    await fromBytes.run(QUESTION, { capture: [site] }),
    await fromFolder.run(QUESTION, { capture: [site] }),
  ];
  expect(mine.answer.text).toBe(theirs.answer.text);
  expect(mine.captures.get(site).data).toEqual(theirs.captures.get(site).data);
  expect(await fromBytes.hashes()).toEqual(await fromFolder.hashes());
});
