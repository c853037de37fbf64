/** What no file of a checkpoint says is said once, kept with the results, and refused under `--strict`. */
// @needs engine, build, time

import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { analyzeRun } from "../../../src/analysis/index.js";
import { runHere } from "../../../src/experiments/work/run-here.js";
import { BadInputError, CodiModel, filesFromBytes } from "../../../src/index.js";
import type { Assumed } from "../../../src/model/assumed.js";
import type { OpenOptions } from "../../../src/model/checkpoint/load.js";
import { type Files, filesIn, jsonFile, openFiles, parsed, without } from "../../support/checkpoint-files.js";
import { modelFolder } from "../../support/parity.js";
import { temporaryFolder } from "../../support/temporary.js";
import { tinyExperiment } from "../../support/tiny-experiment.js";

const ALPHA = "../shared/cases/19-lora-alpha-assumed";
const ALL = {
  lora_alpha: 32,
  num_latents: 6,
  remove_eos: true,
  protocol: "codi",
  pad_token_id: 80,
  bot_token_id: 81,
  eot_token_id: 82,
};
const trainers = without(filesIn(modelFolder("forms/bin")), "codi.json");
const settings = (assumed: readonly Assumed[]): Record<string, unknown> =>
  Object.fromEntries(assumed.filter(({ what }) => what in ALL).map(({ what, value }) => [what, value]));

async function opened(files: Files, options: Omit<OpenOptions, "base"> & { readonly base?: Files } = {}) {
  const notices: string[] = [];
  const checkpoint = await openFiles(files, { ...options, onNotice: (notice) => void notices.push(notice) });
  return { checkpoint, said: notices.filter((notice) => notice.includes("assumed")) };
}

describe("what is assumed", () => {
  test("is every setting that a missing codi.json leaves open, in one line", async () => {
    const { checkpoint, said } = await opened(trainers);
    expect(settings(checkpoint.assumed)).toEqual(ALL);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(
      "lora_alpha 32, num_latents 6, remove_eos true, protocol codi, pad_token_id 80, bot_token_id 81, eot_token_id 82 (there is no codi.json)",
    );
  });

  test("shrinks by each field that codi.json gives, to nothing", async () => {
    for (const name of Object.keys(ALL)) {
      const { [name as keyof typeof ALL]: value, ...others } = ALL;
      const { checkpoint, said } = await opened({ ...trainers, "codi.json": jsonFile(others) });
      expect(settings(checkpoint.assumed)).toEqual({ [name]: value });
      expect(said[0]).toContain(`${name} ${value} (codi.json does not say)`);
    }
    const { checkpoint } = await opened({ ...trainers, "codi.json": jsonFile(ALL) });
    expect(settings(checkpoint.assumed)).toEqual({});
  });

  test("holds only what plays a part: no alpha without the trainer's pairs, no latents without a projection", async () => {
    const plain = await opened(filesIn(modelFolder("forms/base")));
    expect(settings(plain.checkpoint.assumed)).toEqual({});
    const adapter = without(filesIn(modelFolder("forms/adapter")), "codi.json");
    const { checkpoint } = await opened(adapter, { base: filesIn(modelFolder("forms/base")) });
    expect(Object.keys(settings(checkpoint.assumed))).toEqual(Object.keys(ALL).slice(1));
    expect(settings((await opened(trainers, { protocol: "codi" })).checkpoint.assumed)).not.toHaveProperty("protocol");
  });

  test("is refused when strict, by lines that end the matter once they are added", async () => {
    const error = await openFiles(trainers, { strict: true }).then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(BadInputError);
    const { message, hint = "" } = error as BadInputError;
    expect(message).toMatch(/lora_alpha 32, num_latents 6.* would be assumed, and --strict allows nothing assumed/);
    const lines = [...hint.matchAll(/("\w+": [\w"]+) in codi\.json/g)].map(([, line]) => line);
    const added = JSON.parse(`{${lines.join(",")}}`) as Record<string, unknown>;
    expect(added).toMatchObject(ALL);
    const again = await opened({ ...trainers, "codi.json": jsonFile(added) });
    expect(settings(again.checkpoint.assumed)).toEqual({});
  });
});

test("weights trained with alpha 16 give PyTorch's answer once codi.json says so, and the notice says what it is without", async () => {
  const [files, base] = [filesIn(join(ALPHA, "ckpt")), filesIn(join(ALPHA, "base"))];
  const expected = parsed(new Uint8Array(readFileSync(join(ALPHA, "expected.json"))));
  const answer = async (all: Files): Promise<[readonly number[], string[]]> => {
    const notices: string[] = [];
    using model = await CodiModel.load(filesFromBytes("m", all), {
      base: filesFromBytes("b", base),
      onNotice: (notice) => void notices.push(notice),
    });
    return [(await model.run(String(expected["question"]), { maxNewTokens: 12 })).answer.ids, notices];
  };
  const [without, notices] = await answer(files);
  expect(without).not.toEqual(expected["answer_reference"]);
  expect(notices.join("\n")).toMatch(/assumed: lora_alpha 32/);
  const [ids] = await answer({ ...files, "codi.json": jsonFile({ lora_alpha: 16 }) });
  expect(ids).toEqual(expected["answer_reference"]);
});

describe("where it is said", () => {
  const codilens = (...args: string[]) =>
    spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8", timeout: 600_000 });
  // Builds if that is due.
  beforeAll(() => void codilens("--help"), 600_000);
  const folder = temporaryFolder("codilens-assumed-");
  cpSync(modelFolder("forms/bin"), folder, { recursive: true });
  rmSync(join(folder, "codi.json"));
  const question = ["--question", "Tom has 3 pens.", "--max-new-tokens", "2"];

  test("weights inspect lists it, and so does its document", () => {
    expect(codilens("weights", "inspect", folder).stdout).toMatch(/^assumed: lora_alpha 32, num_latents 6/m);
    const { checkpoint } = JSON.parse(codilens("weights", "inspect", folder, "--json").stdout) as {
      checkpoint: { assumed: Assumed[] };
    };
    expect(settings(checkpoint.assumed)).toEqual(ALL);
  });

  test.each([
    [["trace", "--model", folder, ...question]],
    [["weights", "verify", folder]],
    [["weights", "convert", folder, join(folder, "out")]],
    [["experiment", "--model", folder, "--layers", "1", "--ablate-layer", "1", "--problems", "1"]],
  ])("%s --strict ends with 3", (args) => {
    const { status, stderr } = codilens(...args, "--strict");
    expect([status, stderr]).toEqual([3, expect.stringMatching(/lora_alpha 32.* would be assumed/)]);
  });

  test("a trace says it once on stderr", () => {
    const { status, stderr } = codilens("trace", "--model", folder, ...question);
    expect(status).toBe(0);
    expect(stderr.match(/: assumed: /g)).toHaveLength(1);
  });

  test("a run's manifest keeps it; report and LaTeX methods state it", async () => {
    const out = temporaryFolder("codilens-assumed-run-");
    const notices: string[] = [];
    const options = tinyExperiment(out, 2, { model: folder, layers: [1], ablateLayer: 1, maxNewTokens: 2 });
    await runHere(options, {
      signal: new AbortController().signal,
      progress: () => undefined,
      notice: (text) => void notices.push(text),
    });
    expect(notices.filter((text) => text.includes(": assumed: "))).toHaveLength(1);
    const { model } = parsed(new Uint8Array(readFileSync(join(out, "manifest.json")))) as {
      model: { assumed: Assumed[] };
    };
    expect(settings(model.assumed)).toEqual(ALL);
    await analyzeRun(out, { latex: true });
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("it was assumed: lora_alpha 32, num_latents 6");
    expect(readFileSync(join(out, "latex", "methods.tex"), "utf8")).toMatch(/it was assumed: lora\\_alpha 32/);
  });
});
