/** Run before each test file: gives it a temporary directory of its own, and fails the file that leaves a folder of ours there or a tensor. */

import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { isLeftGraph } from "../../src/model/tensor/engines/load-graph.js";
import { removeTemporaryFolders } from "./temporary.js";

const outer = process.env["TMPDIR"];
const own = mkdtempSync(join(realpathSync(tmpdir()), "codilens-file-"));
// Processes that the tests start inherit it.
process.env["TMPDIR"] = own;

/** Tensors that tfjs holds in this process, which files share; 0 where nothing has loaded it. */
const tensors = (): number =>
  (globalThis as { _tfengine?: { state: { numTensors: number } } })._tfengine?.state.numTensors ?? 0;
const before = tensors();

// Registered before the file's own, so it runs after all clean-up of the file itself.
afterAll(() => {
  removeTemporaryFolders();
  // A killed process may leave a graph's folder, which the next one that makes a graph removes.
  const left = readdirSync(own).filter((name) => name.startsWith("codilens-") && !isLeftGraph(name));
  rmSync(own, { recursive: true, force: true });
  // Before the file can fail here: what is registered before this does not run then, and the next file must not look for this folder.
  if (outer === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = outer;
  expect(left, "folders left in the temporary directory; make them with temporaryFolder()").toEqual([]);
  expect(tensors() - before, "tensors left on the engine").toBe(0);
});
