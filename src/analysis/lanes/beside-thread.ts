/** The program of the thread that reads a control model's run: its studies' findings, and what they are made from, stay there until they are asked for. */

import { parentPort, workerData } from "node:worker_threads";
import { failureOf } from "../../base/failure.js";
import { loadRun } from "../load.js";
import { studyFindings } from "../summary.js";
import type { BesideData, FromBeside, ToBeside } from "./beside-messages.js";

function tell(message: FromBeside): void {
  parentPort?.postMessage(message);
}

function answering(answer: () => void): void {
  try {
    answer();
  } catch (error) {
    tell({ failure: failureOf(error) });
  }
}

answering(() => {
  const findings = studyFindings(loadRun((workerData as BesideData).dir));
  tell({ findings: findings.map(({ units, ...sent }) => ({ ...sent, hasUnits: units !== undefined })) });
  parentPort?.on("message", ({ units: asked }: ToBeside) =>
    answering(() => {
      const of = new Map(findings.map(({ name, units }) => [name, units]));
      const unitsOf = (name: string, keys: readonly string[]) =>
        new Map(keys.map((key) => [key, of.get(name)?.(key) ?? null] as const));
      tell({ units: new Map([...asked].map(([name, keys]) => [name, unitsOf(name, keys)])) });
    }),
  );
});
