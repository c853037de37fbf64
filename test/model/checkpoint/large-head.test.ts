/** A head too large for one piece is read, compared, turned and used in parts: the same numbers as in one. */
// @needs engine, time

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CodiModel, filesFromBytes, writeSafetensors } from "../../../src/index.js";
import { openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { openSafetensors } from "../../../src/model/checkpoint/safetensors.js";
import { modelFolder } from "../../support/parity.js";

const FOLDER = modelFolder("grouped-llama3");
const QUESTION = "Tom has 3 pens and buys 4 more. How many?";
const EMBED = "codi.model.embed_tokens.weight";
const HEAD = "codi.lm_head.weight";
/** Rows of BF16 with dModel 32: 77 MB, three parts. */
const VOCAB = 1_200_000;
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(`${FOLDER}/${name}`));

/** The committed model with a vocabulary of zeros between its tokens and the three added rows. */
async function grown(
  spoilHead: (head: Uint16Array) => void = () => undefined,
  spoilEmbed: (embed: Uint16Array) => void = () => undefined,
): Promise<Record<string, Uint8Array>> {
  const store = await openSafetensors(await filesFromBytes("m", { f: file("model.safetensors") }).open("f"));
  const tensors: Parameters<typeof writeSafetensors>[0][number][] = [];
  for (const { name, shape } of store.tensors.values()) {
    const data = (await store.read(name)).data as Uint16Array;
    if (name !== EMBED && name !== HEAD) {
      tensors.push({ name, dtype: "BF16", shape, data });
      continue;
    }
    const [rows = 0, width = 0] = shape;
    const wide = new Uint16Array((VOCAB + 3) * width);
    wide.set(data.subarray(0, (rows - 3) * width));
    wide.set(data.subarray((rows - 3) * width), VOCAB * width);
    if (name === HEAD) spoilHead(wide);
    else spoilEmbed(wide);
    tensors.push({ name, dtype: "BF16", shape: [VOCAB + 3, width], data: wide });
  }
  const config = JSON.parse(new TextDecoder().decode(file("config.json"))) as object;
  return {
    "model.safetensors": writeSafetensors(tensors),
    "config.json": new TextEncoder().encode(JSON.stringify({ ...config, vocab_size: VOCAB })),
    "tokenizer.json": file("tokenizer.json"),
    "codi.json": file("codi.json"),
  };
}

describe("a head in parts", () => {
  test("embeds, projects and predicts as the small model does", async () => {
    using small = await CodiModel.load(FOLDER);
    using large = await CodiModel.load(filesFromBytes("large", await grown()));
    const options = { capture: ["hook_embed", "latents.hook_input", "hook_logits"] as const, maxNewTokens: 1 };
    const [a, b] = [await small.run(QUESTION, options), await large.run(QUESTION, options)];
    const [x, y] = [a.captures.get("hook_logits"), b.captures.get("hook_logits")];
    expect(b.captures.get("hook_embed").data).toEqual(a.captures.get("hook_embed").data);
    expect(b.captures.get("latents.hook_input").data).toEqual(a.captures.get("latents.hook_input").data);
    expect(y.shape[2]).toBe(VOCAB + 2);
    const [width = 0, wide = 0] = [x.shape[2], y.shape[2]];
    const positions = x.data.length / width;
    for (let position = 0; position < positions; position++) {
      const own = x.data.slice(position * width, (position + 1) * width);
      const other = y.data.subarray(position * wide, (position + 1) * wide);
      // The tokens, then (after the zeros) pad and BOT; EOT is the row that logits leave out.
      for (let id = 0; id < width - 2; id++) expect(Math.abs((own[id] ?? 0) - (other[id] ?? 0))).toBeLessThan(1e-5);
      for (const back of [1, 2])
        expect(Math.abs((own[width - back] ?? 0) - (other[wide - back] ?? 0))).toBeLessThan(1e-5);
      expect(other[VOCAB / 2]).toBe(0);
    }
  }, 60_000);

  test("a NaN in its last part is named with its place in the tensor, and rows of zeros are no tensor of zeros", async () => {
    const files = await grown();
    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    (await CodiModel.load(filesFromBytes("large", files), { onNotice })).dispose();
    // The part in the middle holds zeros only.
    expect(notices.filter((notice) => !notice.includes("assumed"))).toEqual([]);
    const place = VOCAB * 32 + 5;
    const spoiled = await grown(undefined, (embed) => {
      embed[place] = 0x7fc0;
    });
    await expect(CodiModel.load(filesFromBytes("large", spoiled))).rejects.toThrow(`holds NaN at element ${place}`);
  }, 60_000);

  test("a stored head that differs in a later part only is refused with the place", async () => {
    const place = 590_000 * 32 + 7;
    const files = await grown((head) => {
      head[place] = 0x3f80;
    });
    const checkpoint = await openCheckpoint(filesFromBytes("large", files));
    await expect(CodiModel.load(filesFromBytes("large", files))).rejects.toThrow(`at element ${place}`);
    await checkpoint.close();
  }, 60_000);
});
