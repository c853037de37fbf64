/** What WebGPU finds on this machine. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { lastLine } from "./places.mjs";

const PROBE = fileURLToPath(new URL("webgpu-probe.mjs", import.meta.url));
const MOST_MS = 20_000;

/** @returns `{ state: "found", name, driver, isSoftware, bindingBytes, bufferBytes }`, or `missing`, `broken` or `none` with `why`. */
export function webgpuFound(env = process.env) {
  const done = spawnSync(process.execPath, [PROBE], { env, encoding: "utf8", timeout: MOST_MS });
  const said = (done.stderr ?? "").split("\n").find((line) => /^(?:Warning|Error)/.test(line));
  try {
    const found = JSON.parse(done.stdout);
    return found.state === "none"
      ? { ...found, why: said?.replace(/^\w+: /, "") ?? "no driver that it can use" }
      : found;
  } catch {
    return { state: "broken", why: lastLine(done.stderr) || `its trial ended with ${done.signal ?? done.status}` };
  }
}
