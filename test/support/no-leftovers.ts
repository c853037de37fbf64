/** Run before each test file: gives it a temporary directory of its own, and fails the file that leaves a folder of ours there. */

import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { removeTemporaryFolders } from "./temporary.js";

const own = mkdtempSync(join(realpathSync(tmpdir()), "codilens-file-"));
// Processes that the tests start inherit it.
process.env["TMPDIR"] = own;

// Registered before the file's own, so it runs after all clean-up of the file itself.
afterAll(() => {
  removeTemporaryFolders();
  const left = readdirSync(own).filter((name) => name.startsWith("codilens-"));
  rmSync(own, { recursive: true, force: true });
  expect(left, "folders left in the temporary directory; make them with temporaryFolder()").toEqual([]);
});
