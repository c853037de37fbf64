/** Run before each test file: programs that the file does not declare in its `@needs` line fail with a sentence instead of running. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect } from "vitest";
import { NEEDS, needsIn } from "../../scripts/tiers.mjs";

const { testPath } = expect.getState();
const declared = testPath === undefined ? null : needsIn(readFileSync(testPath, "utf8"));
const folder = mkdtempSync(join(tmpdir(), "undeclared-"));
const refusal = join(folder, "refusal");

writeFileSync(
  refusal,
  '#!/bin/sh\necho "$(basename "$0"): this test file does not declare that it needs it: see @needs in CONTRIBUTING.md" >&2\nexit 97\n',
);
chmodSync(refusal, 0o755);
for (const [need, { programs = [] }] of Object.entries(NEEDS))
  if (!declared?.includes(need)) for (const program of programs) symlinkSync(refusal, join(folder, program));
process.env["PATH"] = [folder, process.env["PATH"]].join(delimiter);

afterAll(() => rmSync(folder, { recursive: true, force: true }));
