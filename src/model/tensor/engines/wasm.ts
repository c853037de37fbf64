/** Starts tfjs's WASM backend from its package's files. */

import { join } from "node:path";
import { commandLine } from "../../../../scripts/setup/command-line.mjs";
import { EnvironmentError } from "../../../base/errors.js";
import type { StartedEngine } from "../engine.js";
import { tf } from "../tf.js";
import type { InstalledEngine } from "./installed.js";
import { packageFolder, requireHere } from "./packages.js";

/** @param installed what the set-up left, or null. @throws EnvironmentError where the backend does not come up. */
export async function startWasm(installed: InstalledEngine | null): Promise<StartedEngine> {
  const folder = packageFolder("@tensorflow/tfjs-backend-wasm");
  const wasm = requireHere("@tensorflow/tfjs-backend-wasm") as {
    setWasmPaths(prefix: string): void;
    version_wasm: string;
  };
  wasm.setWasmPaths(join(folder, "dist/"));
  if (!(await tf.setBackend("wasm"))) {
    throw new EnvironmentError(
      "Cannot start the WASM engine: its backend did not initialise",
      `run \`${commandLine("doctor")}\``,
    );
  }
  const route = installed?.engine === "wasm" ? installed.route : "asked for";
  return {
    info: { name: "wasm", version: wasm.version_wasm, device: "cpu", route },
    native: null,
    addressableBytes: 2 ** 32,
  };
}
