/** Which protocol a checkpoint is run with, and how many latents: what its weights are comes before what is written, and a contradiction is refused. */
// @needs engine

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CodiModel } from "../../../src/index.js";
import { type Checkpoint, type OpenOptions, openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { filesFromBytes } from "../../../src/model/checkpoint/source.js";
import { decideProtocol, type ProtocolEvidence } from "../../../src/model/latent/protocols/decide.js";
import { modelFolder } from "../../support/parity.js";

const nothing: ProtocolEvidence = { projection: false, pause: false, coconutKeys: false, latentTokens: null };
const tokens = { start: 7, end: 8, latent: 9 };
const KINDS = {
  plain: nothing,
  codi: { ...nothing, projection: true },
  coconut: { ...nothing, coconutKeys: true },
  tokens: { ...nothing, latentTokens: tokens },
  pause: { ...nothing, coconutKeys: true, pause: true },
} satisfies Record<string, ProtocolEvidence>;

describe("decideProtocol()", () => {
  type Written = Parameters<typeof decideProtocol>[0]["stated"];
  const decide = (
    kind: keyof typeof KINDS,
    { stated, asked }: { stated?: Written; asked?: Written } = {},
  ): ReturnType<typeof decideProtocol> => decideProtocol({ where: "m", evidence: KINDS[kind], stated, asked });

  test.each([
    ["plain", "codi", null],
    ["codi", "codi", "its weights have a projection (prj.1)"],
    ["coconut", "coconut", "its weights are named base_causallm.…"],
    ["tokens", "coconut", "its tokenizer has <|start-latent|>"],
    ["pause", "pause", "its weights have pause_embedding"],
  ] as const)("%s by itself is %s", (kind, name, because) => {
    expect(decide(kind)).toEqual({ name, because, notice: null });
  });

  test("a learned vector goes with CODI's texts where codi.json says so", () => {
    const because = "codi.json says so";
    expect(decide("pause", { stated: "codi-pause" })).toEqual({ name: "codi-pause", because, notice: null });
    expect(() => decide("codi", { stated: "codi-pause" })).toThrow(
      /codi-pause, but its weights have no pause_embedding/,
    );
  });

  test("a projection comes before a tokenizer's tokens, and the learned vector before everything", () => {
    const evidence = { ...KINDS.tokens, projection: true };
    expect(decideProtocol({ where: "m", evidence, stated: undefined, asked: undefined }).name).toBe("codi");
    for (const stated of ["codi", "coconut", "seed"] as const) {
      const { name, notice } = decide("pause", { stated });
      expect(name).toBe("pause");
      expect(notice).toBe(
        `m: codi.json says protocol ${stated}, but its weights have pause_embedding: it is run as pause`,
      );
    }
  });

  test.each([
    ["codi", "seed"],
    ["plain", "coconut"],
    ["tokens", "coconut"],
    ["coconut", "none"],
    ["codi", "none"],
    ["pause", "none"],
  ] as const)("%s may be %s, written or asked for", (kind, name) => {
    expect(decide(kind, { stated: name })).toEqual({ name, because: "codi.json says so", notice: null });
    expect(decide(kind, { asked: name })).toEqual({ name, because: "it was asked for", notice: null });
  });

  test.each([
    ["codi", "coconut", /its weights have a projection/],
    ["codi", "pause", /no pause_embedding/],
    ["coconut", "codi", /no projection/],
    ["coconut", "pause", /no pause_embedding/],
    ["tokens", "seed", /no projection/],
  ] as const)("%s is not %s", (kind, name, why) => {
    expect(() => decide(kind, { stated: name })).toThrow(why);
    expect(() => decide(kind, { asked: name })).toThrow(why);
  });

  test("asking for coconut where every input was learned is refused, and for latents where there are none", () => {
    expect(() => decide("pause", { asked: "coconut" })).toThrow(
      /protocol coconut was asked for, but its weights have pause_embedding/,
    );
    expect(() => decide("plain", { asked: "codi" })).toThrow(/no projection/);
    expect(() => decide("plain", { stated: "pause" })).toThrow(/no pause_embedding/);
  });
});

const folder = modelFolder("coconut-llama");
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

async function opened(
  change: Record<string, Uint8Array | null>,
  options: OpenOptions = {},
): Promise<{ checkpoint: Checkpoint; notices: string[] }> {
  const names = ["config.json", "model.safetensors", "tokenizer.json"];
  const all = { ...Object.fromEntries(names.map((name) => [name, bytes(name)])), ...change };
  const files = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
  const notices: string[] = [];
  const checkpoint = await openCheckpoint(filesFromBytes("m", files), {
    ...options,
    onNotice: (text) => void notices.push(text),
  });
  await checkpoint.close();
  return { checkpoint, notices };
}

describe("how many latents", () => {
  test("where no file says it, 6 are assumed, said, and refused under strict", async () => {
    const { checkpoint, notices } = await opened({});
    expect([checkpoint.codi.numLatents, checkpoint.because.latents]).toEqual([6, "no file says it: it is assumed"]);
    expect(checkpoint.assumed.map(({ what }) => what)).toContain("num_latents");
    expect(notices.join("\n")).toMatch(
      /m: 6 latents a question: no file says how many it was trained with \(--latents\)/,
    );
    // Said in one line: the list of what else is assumed leaves it out.
    expect(notices.filter((notice) => /6 latents|num_latents/.test(notice))).toHaveLength(1);
    await expect(opened({}, { strict: true })).rejects.toThrow(/num_latents 6/);
  });

  test("what was asked for comes before the file, and is said where they differ", async () => {
    const asked = await opened({}, { latents: 3 });
    expect([asked.checkpoint.codi.numLatents, asked.checkpoint.because.latents]).toEqual([3, "it was asked for"]);
    expect(asked.checkpoint.assumed.map(({ what }) => what)).not.toContain("num_latents");
    const both = await opened({ "codi.json": json({ num_latents: 4 }) }, { latents: 3 });
    expect(both.checkpoint.codi.numLatents).toBe(3);
    expect(both.notices).toContain("m: 3 latents a question: it was asked for, and codi.json says 4");
    const stated = await opened({ "codi.json": json({ num_latents: 4 }) });
    expect([stated.checkpoint.codi.numLatents, stated.checkpoint.because.latents]).toEqual([4, "codi.json says so"]);
  });

  test.each([0, 65, 2.5])("%d is refused", async (latents) => {
    await expect(opened({}, { latents })).rejects.toThrow(`latents is ${latents}, wanted a whole number from 1 to 64`);
  });

  test("none are not so many, and the protocol without latents cannot have some", async () => {
    const { checkpoint } = await opened({}, { protocol: "none" });
    expect([checkpoint.codi.numLatents, checkpoint.because.latents]).toEqual([0, "protocol none has none"]);
    await expect(opened({}, { protocol: "none", latents: 2 })).rejects.toThrow(/protocol none has no latents/);
  });
});

describe("codi.json of a Coconut", () => {
  test("start, end and the third row are the embedding's last three, in that order", async () => {
    const { checkpoint } = await opened({});
    const { vocabSize } = checkpoint.config;
    const { botTokenId, eotTokenId, padTokenId } = checkpoint.codi;
    expect([botTokenId, eotTokenId, padTokenId]).toEqual([vocabSize, vocabSize + 1, vocabSize + 2]);
  });

  test("where the tokenizer has the three, its ids are taken", async () => {
    const tokenizer = JSON.parse(new TextDecoder().decode(bytes("tokenizer.json"))) as { added_tokens: object[] };
    const config = JSON.parse(new TextDecoder().decode(bytes("config.json"))) as { vocab_size: number };
    const size = config.vocab_size;
    const added = ["<|end-latent|>", "<|latent|>", "<|start-latent|>"].map((content, i) => ({
      ...{ id: size + i, content, single_word: false, lstrip: false },
      ...{ rstrip: false, normalized: false, special: false },
    }));
    const { checkpoint } = await opened({
      "tokenizer.json": json({ ...tokenizer, added_tokens: [...tokenizer.added_tokens, ...added] }),
      "config.json": json({ ...config, vocab_size: size + 3 }),
    });
    const { botTokenId, eotTokenId, padTokenId } = checkpoint.codi;
    expect([botTokenId, eotTokenId, padTokenId]).toEqual([size + 2, size, size + 1]);
  });

  test.each([true, false])("remove_eos %s has no meaning there", async (remove_eos) => {
    await expect(opened({ "codi.json": json({ remove_eos }) })).rejects.toThrow(
      /m\/codi\.json: remove_eos is .*, but protocol coconut/,
    );
  });

  test("a plain language model has no latents until it is asked for none", async () => {
    const source = filesFromBytes(
      "m",
      Object.fromEntries(["config.json", "model.safetensors", "tokenizer.json"].map((name) => [name, bytes(name)])),
    );
    await expect(CodiModel.load(source, { protocol: "codi", engine: "native" })).rejects.toThrow(
      /codi was asked for, but its weights have no projection/,
    );
    using model = await CodiModel.load(source, { protocol: "none", engine: "native" });
    expect(model.protocol).toBe("none");
  });
});
