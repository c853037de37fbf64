/** A tokenizer.json that a trainer saved after one call with cutting and filling up: transformers' prompt and PyTorch's answer, with one notice. */
// @needs engine

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CodiModel } from "../../../src/index.js";

const folder = new URL("../../../../shared/cases/10-tokenizer-saved-with-truncation/", import.meta.url);

test("is read as transformers reads it", async () => {
  const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as {
    question: string;
    ids_by_transformers: number;
    answer_reference: number[];
  };
  const notices: string[] = [];
  const onNotice = (notice: string): void => void notices.push(notice);
  using model = await CodiModel.load(fileURLToPath(new URL("model/", folder)), { onNotice });
  // BOS, which this template does not put, and BOT stand around transformers' ids.
  expect(model.tokenizer.encode(expected.question)).toHaveLength(expected.ids_by_transformers);
  const { answer } = await model.run(expected.question, { maxNewTokens: expected.answer_reference.length });
  expect(answer.ids).toEqual(expected.answer_reference);
  expect(notices.filter((notice) => /truncation to 16 tokens and padding/.test(notice))).toHaveLength(1);
});
