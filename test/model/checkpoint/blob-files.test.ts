/** A checkpoint of blobs: the same model and the same refusals as from its folder, and no file is read whole. */
// @needs engine, time

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { estimateLoad, filesFromBlobs, filesFromBytes, LatentModel } from "../../../src/browser.js";
import { CodiModel } from "../../../src/index.js";

const FOLDER = "weights/tiny-codi";
const QUESTION = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";

const bytes = Object.fromEntries(
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:json|safetensors)$/.test(entry.name))
    .map(({ name }) => [name, new Uint8Array(readFileSync(`${FOLDER}/${name}`))]),
);
const blobsOf = (files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Record<string, Blob> =>
  Object.fromEntries(Object.entries(files).map(([name, each]) => [name, new Blob([each])]));

test("a model from blobs computes what the same model from its folder does", async () => {
  using fromFolder = await CodiModel.load(FOLDER);
  using fromBlobs = await LatentModel.load(filesFromBlobs("blobs", blobsOf(bytes)));
  const site = "blocks.8.hook_resid_post";
  const [mine, theirs] = [
    await fromBlobs.run(QUESTION, { capture: [site] }),
    await fromFolder.run(QUESTION, { capture: [site] }),
  ];
  expect(mine.captures.get(site).data).toEqual(theirs.captures.get(site).data);
  expect(await fromBlobs.hashes()).toEqual(await fromFolder.hashes());
});

test("the estimate reads headers alone, and says what the weights take", async () => {
  const blobs = blobsOf(bytes);
  const weights = blobs["model.safetensors"];
  if (weights === undefined) throw new RangeError("tiny-codi has no weights");
  const slice = vi.spyOn(weights, "slice");
  const whole = vi.spyOn(weights, "arrayBuffer");
  const estimate = await estimateLoad(filesFromBlobs("blobs", blobs));
  const read = slice.mock.calls.reduce((sum, [from = 0, to = weights.size]) => sum + to - from, 0);
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(64 * 1024);
  expect(whole).not.toHaveBeenCalled();
  // The head is the embedding, which the file holds twice.
  const length = Number(new DataView(await weights.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
  const header = JSON.parse(await weights.slice(8, 8 + length).text()) as Record<string, { data_offsets: number[] }>;
  const [from = 0, to = 0] = header["codi.lm_head.weight"]?.data_offsets ?? [];
  expect(to - from).toBe(4 * 528 * 64);
  expect(estimate.weightBytes).toBe(weights.size - 8 - length - (to - from));
  expect(estimate).toMatchObject({ name: "blobs", layers: 16, dModel: 64, latents: 6, dtype: "F32" });
  expect(estimate.parameters).toBe(estimate.weightBytes / 4);
  // The embedding is larger, and may be in parts. Gate and up are one matrix.
  expect(estimate.largestBytes).toBe(4 * 2 * 192 * 64);
});

describe("what the folder's reader refuses is refused with the same sentence", () => {
  const torn = (name: string, keep: number): Record<string, Uint8Array<ArrayBuffer>> => ({
    ...bytes,
    [name]: (bytes[name] ?? new Uint8Array()).slice(0, keep),
  });
  const without = (name: string): Record<string, Uint8Array<ArrayBuffer>> =>
    Object.fromEntries(Object.entries(bytes).filter(([each]) => each !== name));
  test.each([
    ["weights cut short", torn("model.safetensors", 1_000_000)],
    ["weights without a header", torn("model.safetensors", 5)],
    ["configuration cut short", torn("config.json", 100)],
    ["no tokenizer", without("tokenizer.json")],
    ["no weights", without("model.safetensors")],
  ])("%s", async (_, files) => {
    const sentenceOf = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => "loaded",
        (error: Error) => error.message,
      );
    const ofBytes = await sentenceOf(LatentModel.load(filesFromBytes("dropped", files)));
    const blobs = filesFromBlobs("dropped", blobsOf(files));
    expect(ofBytes).not.toBe("loaded");
    expect(await sentenceOf(LatentModel.load(blobs))).toBe(ofBytes);
    expect(await sentenceOf(estimateLoad(blobs))).toBe(ofBytes);
  });
});

test("a file that can no longer be read says so", async () => {
  const gone = new Blob(["{}"]);
  vi.spyOn(gone, "slice").mockReturnValue({
    arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")),
  } as Blob);
  await expect(LatentModel.load(filesFromBlobs("dropped", { ...blobsOf(bytes), "config.json": gone }))).rejects.toThrow(
    "dropped/config.json can no longer be read: NotReadableError",
  );
});
