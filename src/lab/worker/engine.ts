/** Starts an engine of the browser in the worker. */

import { type EngineInfo, startWasm, startWebGpu } from "../../browser.js";
import { PAGE_FOLDER } from "./files.js";
import type { StartAsk } from "./messages.js";

/** @throws EnvironmentError where the browser cannot. */
export function startEngine({ engine, software = false }: StartAsk): Promise<EngineInfo> {
  return engine === "wasm" ? startWasm({ paths: `${PAGE_FOLDER}wasm/` }) : startWebGpu({ software });
}
