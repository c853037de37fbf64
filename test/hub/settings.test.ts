/** What the environment says, which names are names, which files a checkpoint needs. */
// @needs nothing

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseRepository } from "../../src/hub/names.js";
import { checkpointFiles, matching } from "../../src/hub/selection.js";
import { readSettings } from "../../src/hub/settings.js";
import { temporaryFolder } from "../support/temporary.js";

const home = temporaryFolder("codilens-home-");
writeFileSync(join(home, "token"), "hf_stored\n");
writeFileSync(join(home, "other"), "hf_other");
writeFileSync(join(home, "two"), "hf_a\nhf_b");
mkdirSync(join(home, "folder"));
mkdirSync(join(home, "huggingface"));
writeFileSync(join(home, "huggingface", "token"), "hf_cached");

describe("the token", () => {
  test.each<[Record<string, string>, string | null]>([
    [{ HF_HOME: "HOME" }, "hf_stored"],
    [{ HF_HOME: "HOME", HF_TOKEN: " hf_typed\n" }, "hf_typed"],
    [{ HF_HOME: "HOME", HF_TOKEN: "" }, "hf_stored"],
    [{ HF_HOME: "HOME", HUGGING_FACE_HUB_TOKEN: "hf_old" }, "hf_old"],
    [{ HF_HOME: "HOME", HF_TOKEN_PATH: "HOME/other" }, "hf_other"],
    [{ XDG_CACHE_HOME: "HOME" }, "hf_cached"],
    [{ HF_HOME: "HOME", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, null],
    [{ HF_HOME: "HOME/none" }, null],
    [{ HF_HOME: "HOME", HF_ENDPOINT: "http://hub.example" }, null],
    [{ HF_HOME: "HOME", HF_ENDPOINT: "http://localhost:8080" }, "hf_stored"],
  ])("of %j is %s", (env, token) => {
    const placed = Object.entries(env).map(([name, value]) => [name, value.replace("HOME", home)]);
    expect(readSettings(Object.fromEntries(placed)).token).toBe(token);
  });

  test("that cannot be sent or read is said, never shown", () => {
    expect(() => readSettings({ HF_TOKEN: "hf_a hf_b" })).toThrow(/^The token in HF_TOKEN holds a blank/);
    expect(() => readSettings({ HF_TOKEN_PATH: join(home, "two") })).toThrow(/two holds a blank, a line break/);
    const { token, notices } = readSettings({ HF_TOKEN_PATH: join(home, "folder") });
    expect([token, notices]).toEqual([null, [expect.stringMatching(/cannot be read \(EISDIR\)/)]]);
    const plain = readSettings({ HF_HOME: home, HF_ENDPOINT: "http://hub.example" }).notices;
    expect(plain).toEqual(["the token is not sent: HF_ENDPOINT (hub.example) is plain http"]);
  });
});

describe("the endpoint", () => {
  test("is the public hub, or HF_ENDPOINT without its last slash", () => {
    expect(readSettings({ HF_HOME: home }).endpoint).toBe("https://huggingface.co");
    expect(readSettings({ HF_HOME: home, HF_ENDPOINT: "https://a.example/hub/" }).endpoint).toBe(
      "https://a.example/hub",
    );
  });

  test.each(["hub.example", "ftp://hub.example", "https://me:secret@hub.example", "https://hub.example/?a"])(
    "%s is refused without being shown",
    (address) => {
      expect(() => readSettings({ HF_ENDPOINT: address })).toThrow(/^HF_ENDPOINT (?!.*secret)/);
    },
  );
});

test.each<[Record<string, string>, string, string | null]>([
  [{ HTTPS_PROXY: "http://p" }, "20.20.2", "HTTPS_PROXY"],
  [{ https_proxy: "http://p" }, "24.1.0", "https_proxy"],
  [{ HTTPS_PROXY: "http://p", NODE_USE_ENV_PROXY: "1" }, "20.20.2", "HTTPS_PROXY"],
  [{ HTTPS_PROXY: "http://p", NODE_USE_ENV_PROXY: "1" }, "22.20.0", "HTTPS_PROXY"],
  [{ HTTPS_PROXY: "http://p", NODE_USE_ENV_PROXY: "1" }, "22.21.0", null],
  [{ HTTPS_PROXY: "http://p", NODE_OPTIONS: "--use-env-proxy" }, "24.5.0", null],
  [{ ALL_PROXY: "http://p", NODE_USE_ENV_PROXY: "1" }, "24.5.0", "ALL_PROXY"],
  [{ HTTP_PROXY: "http://p" }, "20.20.2", null],
  [{ HTTPS_PROXY: "http://p", NO_PROXY: "a.example, .huggingface.co" }, "20.20.2", null],
  [{ HTTPS_PROXY: "http://p", NO_PROXY: "face.co" }, "20.20.2", "HTTPS_PROXY"],
])("of the proxy variables %j under Node %s, the unused one is %s", (env, node, unused) => {
  expect(readSettings({ HF_HOME: home, ...env }, node).unusedProxy).toBe(unused);
});

describe("REPO[@REVISION]", () => {
  test.each([
    ["a/b", "a/b", "main"],
    ["gpt2", "gpt2", "main"],
    ["A-1.x/b_c@v1.0", "A-1.x/b_c", "v1.0"],
    ["a/b@refs/pr/3", "a/b", "refs/pr/3"],
  ])("%s", (text, repository, revision) => {
    expect(parseRepository(text)).toEqual({ repository, revision });
  });

  test.each([
    "",
    "a/b/c",
    "../b",
    "a/..",
    "a//b",
    "https://hub.example/a/b",
    "a b/c",
    "a/b@",
    "a/b@../x",
    "a/b@x y",
    "a/b@.",
    "a/b..c",
    "a--b/c",
    "a/.b",
    "-a/b",
  ])("%j is wrong use", (text) => {
    expect(() => parseRepository(text)).toThrow(/is not the name of a/);
  });
});

describe("the usual files", () => {
  const common = ["config.json", "tokenizer.json", "README.md", "LICENSE.txt"];
  test.each<[string, string[], string[]]>([
    ["safetensors stand for .bin", ["model.safetensors", "prj.safetensors"], ["pytorch_model.bin", "prj.bin"]],
    [
      "shards and their index",
      ["model-00001-of-00002.safetensors", "model.safetensors.index.json"],
      ["pytorch_model.bin.index.json"],
    ],
    [
      "only .bin",
      ["pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json", "adapter_model.bin", "prj.bin"],
      ["training_args.bin", "optimizer.pt"],
    ],
    [
      "kinds do not stand for each other",
      ["adapter_model.safetensors", "prj.bin", "pytorch_model.bin"],
      ["adapter_model.bin"],
    ],
    ["a projection in safetensors leaves the model in .bin", ["prj.safetensors", "pytorch_model.bin"], ["prj.bin"]],
    ["a trainer's own name has no suffix", ["checkpoint_28"], ["vocab.json", "merges.txt", "training_args.bin"]],
    ["safetensors stand for it too", ["model.safetensors"], ["checkpoint_28"]],
    [
      "subfolders are left",
      ["model.safetensors"],
      ["checkpoint-5/model.safetensors", "onnx/config.json", "original/x.pth"],
    ],
  ])("%s", (_, taken, left) => {
    expect(checkpointFiles([...common, ...taken, ...left])).toEqual([...common, ...taken]);
  });

  test("an older tokenizer's two files are taken where there is no tokenizer.json", () => {
    const names = ["config.json", "vocab.json", "merges.txt", "added_tokens.json", "checkpoint_best"];
    expect(checkpointFiles(names)).toEqual(names);
  });

  test("globs: * crosses folders, all else is meant as written", () => {
    const names = ["a.bin", "sub/a.bin", "a+bin", "[a].bin"];
    expect(matching(names, ["*.bin"])).toEqual(["a.bin", "sub/a.bin", "[a].bin"]);
    expect(matching(names, ["?.bin", "[a]*"])).toEqual(["a.bin", "[a].bin"]);
    expect(matching(names, ["***********************x"])).toEqual([]);
  });
});
