/** Adapters as PEFT writes them: the numbers that PEFT's own reload of the same files gives, or a refusal by name. */
// @needs engine

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../src/index.js";
import { IGNORED_ADAPTER_KEYS, PLAIN_INITS } from "../../../src/model/checkpoint/adapter.js";
import type { Checkpoint } from "../../../src/model/checkpoint/load.js";
import { filesIn, jsonFile, openFiles } from "../../support/checkpoint-files.js";
import { lastLogits } from "../../support/logits.js";
import { modelFolder } from "../../support/parity.js";

interface Result {
  /** Of the first ten ids and the last four. */
  readonly logits?: readonly number[];
  readonly error?: string;
}
interface Fixture {
  readonly ids: readonly number[];
  readonly weights: Readonly<Record<string, string>>;
  readonly cases: readonly (Result & {
    readonly name: string;
    readonly rows: number | null;
    readonly config: Readonly<Record<string, unknown>>;
  })[];
  readonly changed: readonly (Result & { readonly key: string; readonly value: unknown })[];
}

const fixture = JSON.parse(readFileSync("test/fixtures/adapters.json", "utf8")) as Fixture;
const base = filesIn(modelFolder("forms/base"));
const plain = fixture.cases.find(({ name }) => name === "plain");
// Read by an exact product of stored numbers, computed in float32 on both sides.
const TOLERANCE = 2e-4;

function opened(name: string, config: unknown, rows: number | null = null): Promise<Checkpoint> {
  const weights = new Uint8Array(Buffer.from(fixture.weights[name] ?? "", "base64"));
  const codi = rows === null ? { bot_token_id: 2, eot_token_id: 3 } : {};
  const files = {
    "adapter_model.safetensors": weights,
    "adapter_config.json": jsonFile(config),
    "codi.json": jsonFile(codi),
  };
  return openFiles(files, { base });
}

async function logits(checkpoint: Checkpoint): Promise<number[]> {
  const all = await lastLogits(checkpoint, fixture.ids);
  return [...all.slice(0, 10), ...all.slice(-4)];
}

function largestDifference(a: readonly number[], b: readonly number[] = []): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

// What PEFT reads and this version does not, each by its name.
const REFUSED: Readonly<Record<string, RegExp>> = {
  "tokens trained alone": /trainable_token_indices is \[3,5,7\]/,
};

describe("an adapter that PEFT wrote", () => {
  test.each(fixture.cases.filter(({ name }) => REFUSED[name] === undefined))(
    "with $name gives the logits of PEFT's reload",
    async ({ name, config, rows, logits: expected }) => {
      expect(largestDifference(await logits(await opened(name, config, rows)), expected)).toBeLessThan(TOLERANCE);
    },
  );

  test.each(fixture.cases.filter(({ name }) => REFUSED[name] !== undefined))(
    "with $name is refused by name",
    async ({ name, config, rows }) => {
      await expect(opened(name, config, rows)).rejects.toThrow(REFUSED[name]);
    },
  );

  test("the cases do not agree by accident: most differ from one another", () => {
    const seen = fixture.cases.map(({ logits: values }) => JSON.stringify(values));
    expect(new Set(seen).size).toBeGreaterThan(25);
  });
});

describe("another value of a key that is ignored", () => {
  const unchanged = plain?.logits;
  const same = ({ logits: values }: Result): boolean =>
    values !== undefined && largestDifference(values, unchanged) < TOLERANCE;

  test("changes nothing in PEFT, for every key of the list and every way to initialise that is taken", () => {
    for (const key of IGNORED_ADAPTER_KEYS) {
      const tried = fixture.changed.filter((each) => each.key === key);
      expect([key, tried.length > 0 && tried.every(same)]).toEqual([key, true]);
    }
    for (const init of PLAIN_INITS.filter((value) => value !== true && value !== undefined))
      expect([
        init,
        fixture.changed.some(
          ({ key, value, ...result }) => key === "init_lora_weights" && value === init && same(result),
        ),
      ]).toEqual([init, true]);
  });

  test.each(fixture.changed.map((each) => ({ ...each, text: JSON.stringify(each.value) })))(
    "$key $text is either read as PEFT reads it or refused",
    async ({ key, value, logits: expected }) => {
      const checkpoint = await opened("plain", { ...plain?.config, [key]: value }).catch((error: unknown) => error);
      if (checkpoint instanceof BadInputError) {
        expect(checkpoint.message).toContain(key);
        expect(IGNORED_ADAPTER_KEYS.has(key)).toBe(false);
        return;
      }
      expect(largestDifference(await logits(checkpoint as Checkpoint), expected)).toBeLessThan(TOLERANCE);
    },
  );
});

describe("an adapter's file that its configuration describes otherwise", () => {
  test.each<[string, Record<string, unknown>, RegExp, RegExp]>([
    ["an exclusion", { exclude_modules: ["v_proj"] }, /v_proj\.lora_A\.weight" is there, but/, /exclude_modules/],
    ["fewer targets", { target_modules: ["q_proj"] }, /is there, but adapter_config\.json gives/, /target_modules/],
    [
      "more targets",
      { target_modules: ["q_proj", "v_proj", "k_proj"] },
      /k_proj\.lora_A\.weight" is missing/,
      /target_modules/,
    ],
    [
      "a head with a pair",
      { target_modules: ["q_proj", "v_proj", "lm_head"] },
      /lm_head\.lora_A\.weight" is missing/,
      /target_modules/,
    ],
    ["another rank", { rank_pattern: { q_proj: 4 } }, /has rank 2, adapter_config\.json says 4/, /rank_pattern/],
    [
      "a saved embedding",
      { modules_to_save: ["embed_tokens"] },
      /embed_tokens\.weight" is missing, .* modules_to_save/,
      /modules_to_save/,
    ],
    [
      "a named group",
      { target_modules: "(?P<a>.*)q_proj" },
      /target_modules is "\(\?P<a>/,
      /list the modules' names in target_modules/,
    ],
    ["a repeated group", { target_modules: "(a+)+q_proj" }, /target_modules is/, /list the modules' names/],
    ["Python's end of text", { exclude_modules: ".*q_proj\\Z" }, /exclude_modules is/, /in exclude_modules instead/],
    [
      "layers beside a text",
      { target_modules: ".*q_proj", layers_to_transform: [1] },
      /layers_to_transform is \[1\]/,
      /PEFT refuses this too/,
    ],
    ["a pattern without layers", { layers_pattern: "layers" }, /layers_pattern is "layers"/, /PEFT refuses this too/],
    ["two unknown keys", { use_x: 1, use_y: [2] }, /use_x is 1, use_y is \[2\]/, /merge_and_unload/],
    ["prompts", { peft_type: "PROMPT_TUNING" }, /peft_type is "PROMPT_TUNING"/, /no change of weights/],
  ])("%s is refused, and the hint is about the cause", async (_, change, message, hint) => {
    const error = await opened("plain", { ...plain?.config, ...change }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(BadInputError);
    expect((error as BadInputError).message).toMatch(message);
    expect((error as BadInputError).hint).toMatch(hint);
  });
});
