/** Words of the page: its terms are those of the documentation, and each failure has the face that fits it. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  BadInputError,
  CodiLensError,
  EnvironmentError,
  NumericError,
  RunFolderError,
  UsageError,
} from "../../../src/base/errors.js";
import { faceOf } from "../../../src/lab/page/failure/faces.js";
import { TERMS } from "../../../src/lab/page/terms.js";
import { failureOf } from "../../../src/lab/worker/failure.js";

test("docs/definitions.md has every term of the page, in the same words", () => {
  const [, section = ""] = readFileSync("docs/definitions.md", "utf8").split("## Words of the lab");
  const rows = [...section.matchAll(/^\| (\w+) \| (.+) \|$/gm)].slice(1);
  expect(Object.fromEntries(rows.map(([, term, meaning]) => [term, meaning]))).toEqual(TERMS);
});

describe("the face of a failure", () => {
  test.each([
    [new EnvironmentError("This browser has no WebAssembly with SIMD"), "simd"],
    [new EnvironmentError("This browser has no WebGPU"), "webgpu"],
    [new EnvironmentError("Cannot start the WebGPU engine: there is no adapter"), "webgpu"],
    [new EnvironmentError("The GPU was lost (no reason given): nothing that it computed since can be used"), "lost"],
    [
      new RangeError("Failed to execute 'createBuffer' on 'GPUDevice': createBuffer failed, size (4) is too large"),
      "lost",
    ],
    [new Error("Failed to execute 'mapAsync': A valid external Instance reference no longer exists."), "lost"],
    [new EnvironmentError("The GPU has too little memory"), "memory"],
    [new EnvironmentError("m takes about 5 GiB of memory here; WebAssembly can address 4.0 GiB"), "memory"],
    [new RangeError("Array buffer allocation failed"), "memory"],
    [new RangeError("WebAssembly.Memory.grow(): out of memory"), "memory"],
    [new WebAssembly.RuntimeError("memory access out of bounds"), "memory"],
    [new BadInputError("m/out of memory.json is not JSON"), "file"],
    [new RunFolderError("records.jsonl, line 3 is damaged"), "file"],
    [new NumericError("Block 3 gave NaN"), "number"],
    [new UsageError("There is no block 99"), "request"],
    [new CodiLensError("The GPU refused an operation: x"), "other"],
    [new TypeError("undefined is not a function"), "other"],
    ["thrown text", "other"],
  ])("%s", (error, kind) => {
    expect(faceOf(failureOf(error)).kind).toBe(kind);
  });

  test("a class keeps its name where the build shortened it", () => {
    class e extends BadInputError {}
    expect(failureOf(new e("torn"))).toEqual({ name: "BadInputError", message: "torn", hint: null });
  });
});
