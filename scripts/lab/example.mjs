/** Computes what the page shows before its engine is there, by the page's own session on the WASM engine: `node --import tsx example.mjs FILE`. */

import { writeFileSync } from "node:fs";
import { CodiModel } from "../../src/index.ts";
import { cleanState } from "../../src/lab/edits/edit.ts";
import { FIRST_EDIT, FIRST_QUESTION } from "../../src/lab/page/first.ts";
import { LabSession } from "../../src/lab/session/lab-session.ts";

const [file] = process.argv.slice(2);
const model = await CodiModel.load("tiny-codi", { engine: "wasm" });
const session = new LabSession(model);
const clean = await session.open(FIRST_QUESTION);
const run = await session.run({ ...cleanState(FIRST_QUESTION), edits: [FIRST_EDIT] });
writeFileSync(file, JSON.stringify({ clean, run }));
model.dispose();
// The engine's threads would hold the process.
process.exit(0);
