/**
 * `npm run docs:lab-picture`: the page of `codilens lab` as README shows it, in assets/lab.png: the first thought of the page's own question
 * set to zero. Needs Chromium (`CHROMIUM` names another path).
 */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { browserPath } from "./browser-path.mjs";
import { project, say, setupError } from "./setup/places.mjs";

const SIZE = { width: 1280, height: 1000 };

/** Starts the command, and hands over its address. */
function servedPage() {
  const args = [join(project, "scripts", "codilens.mjs"), "lab", "--no-open", "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const url = new Promise((done, fail) => {
    let said = "";
    child.stdout.on("data", (text) => {
      said += text;
      if (said.endsWith("}\n")) done(JSON.parse(said).url);
    });
    child.once("exit", (code) => fail(setupError("the page was not served, so there is none to picture", code ?? 1)));
  });
  return { url, stop: () => child.kill() };
}

async function takePicture(url, file) {
  const browser = await chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1.5, colorScheme: "light" });
    await page.goto(url);
    await page.locator('[data-phase="ready"]').waitFor();
    await page.getByRole("button", { name: /^Block 8, latent 0/ }).click();
    await page.getByRole("button", { name: "Set it to zero" }).click();
    await page.locator(".answer-edited").waitFor();
    // Controls come after the answer.
    await page.waitForTimeout(3000);
    await page.evaluate("scrollTo({ top: 0, behavior: 'instant' })");
    // What the pointer happens to lie on looks different.
    await page.mouse.move(0, 0);
    await page.screenshot({ path: file });
  } finally {
    await browser.close();
  }
}

const served = servedPage();
try {
  const file = join(project, "assets", "lab.png");
  await takePicture(await served.url, file);
  say(`${file}: the first ${SIZE.width} × ${SIZE.height} pixels of the page`);
} catch (error) {
  say(error.exitCode === undefined ? `the picture could not be made: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
} finally {
  served.stop();
}
