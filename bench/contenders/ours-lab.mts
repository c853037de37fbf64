/** The page's session in Node: `ours-lab.mts native|wasm ROUNDS` prints the seconds of edited answers and sweeps as JSON. */

import { CodiModel } from "../../src/index.js";
import { cleanState } from "../../src/lab/edits/edit.js";
import { FIRST_QUESTION } from "../../src/lab/page/first.js";
import { LabSession } from "../../src/lab/session/lab-session.js";
import { editedState } from "../lab-edit.mjs";

const [engine, rounds] = process.argv.slice(2);
if (engine !== "native" && engine !== "wasm") throw new RangeError(`There is no engine ${engine} here`);
using model = await CodiModel.load("weights/tiny-codi", { engine });
const session = new LabSession(model);
const [edited, controls, sweep]: [number[], number[], number[]] = [[], [], []];
await session.run(editedState(0));
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  const onEdited = (): void => void edited.push((performance.now() - start) / 1000);
  await session.run(editedState(round), { onEdited });
  controls.push((performance.now() - start) / 1000);
  const { durationMs } = await session.sweep(cleanState(FIRST_QUESTION), { operation: { kind: "zero" } });
  sweep.push(durationMs / 1000);
}
process.stdout.write(`${JSON.stringify({ edited, controls, sweep })}\n`);
