/** Makes tiny-codi in the shape of LLaMA-3.2-1B, default where `npm run bench` looks for it:    node --import tsx bench/make/blow-up.mts [FOLDER] */

import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensureBlownUp } from "./blown-up.mjs";
import { SHAPE_1B } from "./random-checkpoint.mjs";

const [folder = join(tmpdir(), "codilens-bench", "blown-up-1b")] = process.argv.slice(2);
process.stdout.write(`${await ensureBlownUp(resolve(folder), SHAPE_1B)}\n`);
