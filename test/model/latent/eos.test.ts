/** EOS is the tokenizer's, and one notice says which was taken where files disagree. */
// @needs engine

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CodiModel } from "../../../src/index.js";
import { filesFromBytes } from "../../../src/model/checkpoint/source.js";
import { type EosSources, eosOf } from "../../../src/model/tokenizer/eos.js";

const tokenizerJson = {
  added_tokens: [
    { id: 1, content: "<end>" },
    { id: 2, content: "<turn>" },
  ],
  model: { vocab: { a: 0, b: 3 } },
};
const sources: EosSources = { codi: null, config: [1], tokenizerJson, tokenizerConfig: undefined, vocabRows: 4 };
const eos = (change: Partial<EosSources>): ReturnType<typeof eosOf> => eosOf({ ...sources, ...change });

describe("eosOf()", () => {
  test.each<[string, Partial<EosSources>, number, RegExp | null]>([
    ["tokenizer.json and config.json agree", {}, 1, null],
    ["all agree", { tokenizerConfig: { eos_token: "<end>" } }, 1, null],
    ["the tokenizer's, by object", { tokenizerConfig: { eos_token: { content: "<end>" } } }, 1, null],
    ["the tokenizer's, alone", { config: [], tokenizerConfig: { eos_token: "<turn>" } }, 2, null],
    [
      "the tokenizer's, before a list",
      { config: [1, 2], tokenizerConfig: { eos_token: "<turn>" } },
      2,
      /^EOS is "<turn>" \(id 2\), as tokenizer_config.json says; config.json lists 1, 2\./,
    ],
    ["the tokenizer's, before another", { config: [1], tokenizerConfig: { eos_token: "<turn>" } }, 2, /lists 1\./],
    ["the tokenizer says null", { tokenizerConfig: { eos_token: null } }, 1, null],
    ["the only special one of a list", { config: [3, 2] }, 2, /only 2 is a special token/],
    ["codi.json, as all others", { codi: 1, tokenizerConfig: { eos_token: "<end>" } }, 1, null],
    [
      "codi.json, before all others",
      { codi: 2, tokenizerConfig: { eos_token: "<end>" } },
      2,
      /^EOS is id 2, as codi.json says; tokenizer_config.json says "<end>" \(id 1\), config.json lists 1$/,
    ],
  ])("%s", (_, change, id, notice) => {
    const found = eos(change);
    expect([found.id, found.assumed]).toEqual([id, []]);
    if (notice === null) expect(found.notice).toBeNull();
    else expect(found.notice).toMatch(notice);
  });

  test.each<[string, Partial<EosSources>, number, string]>([
    ["several special ones", { config: [1, 2] }, 1, "config.json lists 1, 2"],
    ["an ordinary token", { config: [3] }, 3, "config.json lists 3"],
    ["nothing", { config: [] }, 2, "neither config.json nor tokenizer_config.json"],
  ])("what no file settles is assumed: %s", (_, change, id, why) => {
    const { assumed, ...found } = eos(change);
    expect(found).toEqual({ id, notice: null });
    expect(assumed).toMatchObject([{ what: "eos_token_id", value: id, why: expect.stringContaining(why) }]);
  });

  test("refuses a token that is none, and an id without an embedding", () => {
    expect(() => eos({ tokenizerConfig: { eos_token: "<gone>" } })).toThrow(/names "<gone>", which is no token/);
    expect(() => eos({ codi: 4 })).toThrow(/EOS is id 4, the embedding has rows 0 to 3/);
  });
});

const FOLDER = "../shared/cases/06-eos-of-tokenizer";
const FILES = ["codi.json", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
const wanted = JSON.parse(readFileSync(`${FOLDER}/expected.json`, "utf8")) as {
  readonly question: string;
  readonly prompt_tail_reference: number[];
  readonly answer_reference: number[];
};

async function run(change: Readonly<Record<string, unknown>> = {}): Promise<[number[], readonly number[], string[]]> {
  const notices: string[] = [];
  const files = FILES.map((name): [string, Uint8Array] => {
    const bytes = readFileSync(`${FOLDER}/model/${name}`);
    const json = change[name];
    if (json === undefined) return [name, bytes];
    return [name, Buffer.from(JSON.stringify({ ...(JSON.parse(bytes.toString()) as object), ...(json as object) }))];
  });
  const model = await CodiModel.load(filesFromBytes("model", Object.fromEntries(files)), {
    onNotice: (notice) => notices.push(notice),
  });
  try {
    const { answer } = await model.run(wanted.question, { maxNewTokens: 12 });
    return [model.promptIds(wanted.question).slice(-2), answer.ids, notices.filter((each) => each.includes("EOS"))];
  } finally {
    model.dispose();
  }
}

test("a config that lists several: the tokenizer's stands in the prompt and ends the answer, as the reference has it", async () => {
  const [tail, answer, notices] = await run();
  expect([tail, answer]).toEqual([wanted.prompt_tail_reference, wanted.answer_reference]);
  expect(notices).toEqual([expect.stringMatching(/EOS is "<\|turn\|>" \(id 2\), as tokenizer_config.json says/)]);
});

test("codi.json may say another", async () => {
  const [tail, , notices] = await run({ "codi.json": { eos_token_id: 1 } });
  expect(tail).toEqual([1, 3]);
  expect(notices).toEqual([expect.stringContaining("EOS is id 1, as codi.json says")]);
});
