/** Names of models: embedded ones from anywhere, folders, the hub's. */
// @needs engine

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CodiModel } from "../../../src/index.js";
import { embeddedFolder, folderOfModel, modelName } from "../../../src/model/checkpoint/model-names.js";
import { temporaryFolder } from "../../support/temporary.js";

const home = process.cwd();
afterEach(() => vi.restoreAllMocks());

describe("names of models", () => {
  test("tiny-codi is the embedded model", async () => {
    expect(await folderOfModel("tiny-codi")).toBe(join(home, "weights", "tiny-codi"));
    const model = await CodiModel.load("tiny-codi");
    expect(model.config.layers).toBe(16);
    model.dispose();
  });

  test.each([
    ["tiny-codi", "llama", "codi"],
    ["tiny-pause", "llama", "codi-pause"],
    ["tiny-coconut", "gpt2", "coconut"],
    ["tiny-coconut-pause", "gpt2", "pause"],
  ])("%s comes with the package: %s, %s", async (name, family, protocol) => {
    using model = await CodiModel.load(name);
    expect([model.config.family, model.protocol, model.codi.numLatents]).toEqual([family, protocol, 6]);
  });

  test("a folder is a folder: one that has the embedded model's name is read as such, and that is said", async () => {
    const folder = join(temporaryFolder("codilens-names-"), "tiny-codi");
    mkdirSync(folder);
    expect(await folderOfModel(folder)).toBe(folder);
    const notices: string[] = [];
    // The process's folder is one for all tests of a file.
    process.chdir(join(folder, ".."));
    try {
      expect(await folderOfModel("tiny-codi", { onNotice: (text) => void notices.push(text) })).toBe("tiny-codi");
    } finally {
      process.chdir(home);
    }
    expect(notices).toEqual([
      '"tiny-codi" is read as the folder of that name here, not as the embedded model tiny-codi',
    ]);
  });

  test.each(["weights/tiny-codi", "./tiny-codi", "..", "manifest.json", "no-such", "", "C:\\models"])(
    "%j is no embedded model",
    (name) => expect(embeddedFolder(name)).toBeNull(),
  );

  test("what is none of these is refused with all kinds of names, and a bad hub name as such", async () => {
    await expect(CodiModel.load("no-such")).rejects.toMatchObject({
      exitCode: 3,
      hint: expect.stringContaining("hub:OWNER/NAME") as string,
    });
    await expect(CodiModel.load("hub:a/b/c")).rejects.toMatchObject({
      exitCode: 2,
      message: '"a/b/c" is not the name of a repository',
    });
  });
});

test.each([
  ["runs/gsm-coconut/checkpoint_25", "gsm-coconut/checkpoint_25"],
  ["runs/gsm-coconut/checkpoint_best/", "gsm-coconut/checkpoint_best"],
  ["runs/codi/checkpoints/checkpoint-500/pytorch_model.bin", "codi/checkpoints/checkpoint-500/pytorch_model.bin"],
  ["runs/codi/final", "codi/final"],
  ["simcot/model-00001-of-00001.safetensors", "simcot/model-00001-of-00001.safetensors"],
  ["~/.cache/hub/models--zen-E--CODI-gpt2/snapshots/fd641b3a9c", "zen-E/CODI-gpt2"],
  ["llama/checkpoint_25_of_anna", "checkpoint_25_of_anna"],
  ["weights/tiny-codi", "tiny-codi"],
  ["weights/gpt2", "gpt2"],
  ["/model", "model"],
])("%s is called %s", (path, name) => expect(modelName(path)).toBe(name));
