/** Adapters on GPT-2's embedding and head: the numbers of PEFT's own reload, whose list of names that ask for tying lacks `wte`. */
// @needs engine

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Checkpoint } from "../../../src/model/checkpoint/load.js";
import { filesIn, jsonFile, openFiles, parsed } from "../../support/checkpoint-files.js";
import { lastLogits } from "../../support/logits.js";
import { modelFolder } from "../../support/parity.js";

interface Fixture {
  readonly ids: readonly number[];
  readonly cases: readonly {
    readonly name: string;
    readonly config: Readonly<Record<string, unknown>>;
    readonly logits: readonly number[];
    /** `adapter_model.safetensors`, in base 64. */
    readonly weights: string;
  }[];
}

const { ids, cases } = JSON.parse(readFileSync("test/fixtures/gpt2-adapters.json", "utf8")) as Fixture;
const HOME = modelFolder("gpt2-files");
const files = filesIn(join(HOME, "base"));
const base = {
  ...files,
  "model.safetensors": new Uint8Array(readFileSync(join(HOME, "grown.safetensors"))),
  "config.json": jsonFile({ ...parsed(files["config.json"]), vocab_size: 103 }),
};

type Case = Fixture["cases"][number];
const opened = ({ config, weights }: Pick<Case, "config" | "weights">): Promise<Checkpoint> =>
  openFiles(
    {
      "adapter_model.safetensors": new Uint8Array(Buffer.from(weights, "base64")),
      "adapter_config.json": jsonFile(config),
    },
    { base },
  );

// PEFT writes `wte` into the configuration, does not tie by it when it reads that again, and drops the head's pair in silence.
const DROPPED = "LoRA on the head, tying asked for";

test.each(cases.filter(({ name }) => name !== DROPPED))(
  "with $name PEFT's logits are met",
  async ({ logits, ...files }) => {
    const checkpoint = await opened(files);
    const found = await lastLogits(checkpoint, ids);
    expect(found).toHaveLength(logits.length);
    expect(Math.max(...found.map((value, i) => Math.abs(value - (logits[i] ?? Number.NaN))))).toBeLessThan(2e-4);
  },
);

test("a pair that PEFT's reload drops is refused by its name", async () => {
  await expect(opened(cases.find(({ name }) => name === DROPPED) as Case)).rejects.toThrow(
    /lm_head\.lora_A\.weight" is there, but adapter_config\.json/,
  );
});

test("the cases do not agree by accident", () => {
  // Three ask for tying that PEFT does not do, and are as those that do not ask.
  expect(new Set(cases.map(({ logits }) => logits.join())).size).toBe(cases.length - 3);
});
