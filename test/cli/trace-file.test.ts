/** What `trace --out` writes, as Python reads it: safetensors and NumPy's NPZ, with names of everything along the axes. */
// @needs build, time, venv

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeNpz } from "../../src/model/checkpoint/write-npz.js";
import { temporaryFolder } from "../support/temporary.js";
import { python, pythonOf } from "../support/test-python.js";
import { isWithout } from "../support/without.js";

const folder = temporaryFolder("codilens-trace-");
const QUESTION = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";

interface Told {
  readonly positions: string[];
  readonly layout: string;
  readonly tokens: { readonly prompt: number[]; readonly answer: number[] };
}

function traced(file: string): Told {
  const capture = "blocks.8.hook_resid_post,blocks.*.attn.hook_pattern";
  const args = ["trace", "--question", QUESTION, "--capture", capture, "--out", join(folder, file), "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Told;
}

const OPENED = {
  safetensors: `
from safetensors import safe_open
file = safe_open("run.safetensors", "np")
about, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}`,
  npz: `
file = np.load("run.npz")
about, tensors = json.loads(str(file["metadata"])), {name: file[name] for name in file.files if name != "metadata"}`,
};

const SAID = `
lists = {name: json.loads(about[name]) for name in ("positions", "latents", "predicting", "tokens", "sites", "axes")}
pattern = tensors["blocks.8.attn.hook_pattern"]
named = {"position": lists["positions"], "query": lists["positions"], "key": lists["positions"], "latent": lists["latents"], "predicting": lists["predicting"]}
for name, tensor in tensors.items():
    assert len(lists["axes"][name]) == tensor.ndim, name
    for axis, size in zip(lists["axes"][name], tensor.shape):
        assert axis not in named or len(named[axis]) == size, (name, axis)
eot = lists["positions"].index("eot")
print(json.dumps({
    **lists,
    "plain": {name: about[name] for name in ("question", "protocol", "answer")},
    "ids": [tensors["tokens.prompt"].tolist(), tensors["tokens.answer"].tolist()],
    "dtypes": sorted({str(tensor.dtype) for tensor in tensors.values()}),
    "sums": [round(float(row), 5) for row in pattern[:, eot].sum(1)],
    "first": int(tensors["logits"][0].argmax()),
    "digest": sorted((name, tensor.shape, hashlib.sha256(tensor.tobytes()).hexdigest()) for name, tensor in tensors.items()),
}))`;

describe.skipIf(isWithout("venv"))("trace --out", () => {
  const told: Record<string, Told> = {};
  const read = (end: keyof typeof OPENED) =>
    JSON.parse(python(`import hashlib, json, numpy as np\n${OPENED[end]}\n${SAID}`, { cwd: folder })) as Record<
      string,
      unknown
    >;
  beforeAll(() => {
    for (const end of ["safetensors", "npz"]) told[end] = traced(`run.${end}`);
  });

  test.each(["safetensors", "npz"] as const)("%s: positions, sites, axes and tokens have names", (end) => {
    const said = read(end);
    const { positions, tokens, layout } = told[end] as Told;
    expect(positions).toHaveLength(tokens.prompt.length + 6 + 1 + tokens.answer.length - 1);
    expect(layout).toMatch(/^question\.0–\d+, bot, latent\.0–5, eot, answer\.0–\d+$/);
    expect(said).toMatchObject({
      positions,
      latents: ["latent.0", "latent.1", "latent.2", "latent.3", "latent.4", "latent.5"],
      predicting: positions.slice(-tokens.answer.length),
      plain: { question: QUESTION, protocol: "codi", answer: "The answer is: 7" },
      ids: [tokens.prompt, tokens.answer],
      dtypes: ["float32", "int32"],
      sums: [1, 1, 1, 1],
      first: tokens.answer[0],
    });
    const { sites, axes, tokens: texts } = said as Record<string, Record<string, unknown>>;
    expect(sites).toMatchObject({
      logits: "hook_logits",
      "latents.hook_input": "latents.hook_input",
      "tokens.prompt": null,
    });
    expect(axes).toMatchObject({
      "blocks.8.hook_resid_post": ["position", "dModel"],
      "blocks.8.attn.hook_pattern": ["heads", "query", "key"],
      "latents.hook_input": ["latent", "dModel"],
      logits: ["predicting", "vocab"],
      "tokens.answer": ["token"],
    });
    expect(String(texts?.["prompt"]).replaceAll(",", "")).toContain(QUESTION);
    expect(String(texts?.["answer"]).replaceAll(",", "")).toContain("The answer is: 7");
  });

  test("what docs/python.md does with both runs", () => {
    const blocks = pythonOf('"trace.').map((code) => code.replaceAll('"trace.', '"run.'));
    expect(blocks.map((code) => python(code, { cwd: folder }).length > 10)).toEqual([true, true]);
  });

  test("both formats hold the same bytes", () => expect(read("npz")["digest"]).toEqual(read("safetensors")["digest"]));

  test("an NPZ file is a whole archive for Python's zipfile, and gives every type and shape", () => {
    const bytes = writeNpz(
      [
        { name: "scalar", dtype: "F32", shape: [], data: Float32Array.of(0.1) },
        { name: "none", dtype: "I32", shape: [0, 3], data: new Int32Array() },
        { name: "half", dtype: "F16", shape: [2], data: Uint16Array.of(0x3c00, 0xfc00) },
      ],
      { text: "“π” 𝛑\n" },
    );
    writeFileSync(join(folder, "small.npz"), bytes);
    const code = `
import json, zipfile, numpy as np
archive = zipfile.ZipFile("small.npz")
file = np.load("small.npz", allow_pickle=False)
print(json.dumps([archive.testzip(), archive.namelist(), json.loads(str(file["metadata"])), float(file["scalar"]), file["none"].shape, str(file["half"])]))`;
    expect(JSON.parse(python(code, { cwd: folder }))).toEqual([
      null,
      ["scalar.npy", "none.npy", "half.npy", "metadata.npy"],
      { text: "“π” 𝛑\n" },
      Math.fround(0.1),
      [0, 3],
      "[  1. -inf]",
    ]);
  });
});

describe("writeNpz()", () => {
  const one = { name: "a", dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;

  test("gives the same bytes from the same tensors", () => {
    expect(writeNpz([one], {})).toEqual(writeNpz([one], {}));
  });

  test("refuses a name that stands twice, and what NumPy has not", () => {
    expect(() => writeNpz([one, one], {})).toThrow('Tensor "a" is given twice');
    expect(() => writeNpz([{ ...one, name: "metadata" }], {})).toThrow('Tensor "metadata" is given twice');
    expect(() => writeNpz([{ name: "b", dtype: "BF16", shape: [1], data: Uint16Array.of(1) }], {})).toThrow(
      'Tensor "b" is BF16, which NumPy has not',
    );
  });
});
