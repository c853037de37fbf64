/** Run before each test file: what the file changes of its process is undone, so that the next file in the same process finds nothing of it. */

import { afterAll, vi } from "vitest";

const folder = process.cwd();
const environment = { ...process.env };

// Registered first of all, so it runs after all clean-up.
afterAll(() => {
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(environment, name)) delete process.env[name];
  Object.assign(process.env, environment);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
