/** `npm pack` and `npm publish`: builds what the package consists of, so that it is complete from a fresh clone. */

import { ensureLab } from "./lab/build.mjs";
import { say } from "./setup/places.mjs";
import { checkNode, ensureBuild, ensureBundle, ensureDependencies } from "./setup/prepare.mjs";

try {
  checkNode();
  await ensureDependencies();
  await ensureBuild();
  await ensureBundle();
  await ensureLab();
} catch (error) {
  say(error.exitCode === undefined ? `the package could not be built: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
}
