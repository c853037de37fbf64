/** What a study kept in a record is checked when it is read back: damage is named, and nothing is guessed. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { influenceOf } from "../../src/studies/influence/record.js";
import { predictedOf } from "../../src/studies/layer-map/record.js";
import { predictedOf as patchPredictedOf } from "../../src/studies/patching/record.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import { steeringOf } from "../../src/studies/steering/record.js";
import { namedNumbersOf } from "../../src/studies/verified/record.js";

function record(kept?: Record<string, unknown>): StudyRecord {
  return {
    study: "baseline",
    status: "ok",
    problem: { id: "p7", index: 7, question: "?", expected: 1 },
    condition: { name: "baseline", interventions: [] },
    ...(kept === undefined ? {} : { kept }),
  };
}

const READERS = [
  ["influence", influenceOf, "derivatives"],
  ["layer-map", predictedOf, "predictions"],
  ["steering", steeringOf, "steered runs"],
  ["verified", namedNumbersOf, "named numbers"],
] as const;

describe.each(READERS)("%s", (study, read, what) => {
  test("has nothing where the study was not run", () => {
    expect(read(record())).toBeUndefined();
    expect(read(record({ other: {} }))).toBeUndefined();
  });

  test("refuses what it did not write, by problem, field and what to do", () => {
    expect(() => read(record({ [study]: { more: 1 } }))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`The baseline of problem "p7" has damaged ${what} (kept.${study}): `),
        hint: "run the experiment's command again in a new folder",
      }),
    );
  });
});

test("damage in a record of a condition is named by the condition", () => {
  const patched = { ...record({ patching: { predicted: "high" } }), study: "patching" };
  expect(() => patchPredictedOf({ ...patched, condition: { name: "a map", interventions: [] } })).toThrow(
    /^“a map” of problem "p7" has damaged predictions \(kept\.patching\): /,
  );
});

test("what verified wrote is read as it stands", () => {
  const kept = { positions: ["bot"], numbers: [[[5, 1]]], choices: 3, solution: ["2+3=5"], unsaid: [] };
  expect(namedNumbersOf(record({ verified: kept }))).toEqual(kept);
});
