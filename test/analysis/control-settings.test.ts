/** A control's run that was asked for otherwise than the run beside it is said to be. */
// @needs nothing

import { expect, test } from "vitest";
import { settingsNotice } from "../../src/analysis/control/settings.js";

const run = {
  ...{ weightsSha256: "a", tokenizerSha256: "t", configSha256: "c", dataSha256: "d", problems: ["p", "q"] },
  ...{ protocol: "codi", dtype: "float32", engine: "native", engineVersion: "1", recordSchema: 1 },
  ...{ layers: [4], ablateLayer: 5, studies: ["token-ablation"], seed: 1, maxNewTokens: 64, testMode: false },
};

test("another model of the same plan is a control as it should be", () => {
  const control = { ...run, weightsSha256: "b", configSha256: "d", protocol: "codi-pause", dtype: "float16" };
  expect(settingsNotice(run, control)).toEqual([]);
  expect(settingsNotice(undefined, control)).toEqual([]);
  expect(settingsNotice(run, undefined)).toEqual([]);
});

test.each([
  ["ablateLayer", 3, "ablateLayer: 3 there, 5 here"],
  ["seed", 2, "seed: 2 there, 1 here"],
  ["problems", ["p"], 'problems: ["p"] there, ["p","q"] here'],
  ["ablations", ["mean"], 'ablations: ["mean"] there, nothing here'],
  ["dataSha256", "e", 'dataSha256: "e" there, "d" here'],
])("%s is named where it differs", (field, value, said) => {
  expect(settingsNotice(run, { ...run, [field]: value })).toEqual([
    `the run in control/ was asked for otherwise (${said}): differences to the control model are of that, too`,
  ]);
});
