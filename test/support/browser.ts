/** Real Chromium, for what only a browser can tell. */

import { type Browser, chromium } from "playwright-core";
import { browserPath } from "../../scripts/browser-path.mjs";

/** The switches by which Chromium has WebGPU without a graphics card. */
export const WEBGPU_SWITCHES = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** @throws Error with what to install when there is no Chromium: a page that nobody opened is not tested. */
export function openBrowser(switches: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox", ...switches] });
}
