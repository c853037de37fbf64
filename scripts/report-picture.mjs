/**
 * `npm run docs:report-picture`: the top of a report, as README shows it, in assets/report.png. It makes the run of README's quick start
 * with three studies beside it; `-- FOLDER` takes the report of a finished run instead. Needs Chromium (`CHROMIUM` names another path).
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { browserPath } from "./browser-path.mjs";
import { project, say, setupError } from "./setup/places.mjs";

const STUDIES = "token-ablation,attention,ablation,latent-to-latent,corruption";
const SIZE = { width: 1280, height: 900 };

function makeRun(folder) {
  const args = ["experiment", "--study", STUDIES, "--layers", "4,8,14", "--out", folder, "--no-progress"];
  const { status } = spawnSync(process.execPath, [join(project, "scripts", "codilens.mjs"), ...args], {
    stdio: "inherit",
  });
  if (status !== 0) throw setupError("the run did not finish, so there is no report to picture", status ?? 1);
}

async function takePicture(report, file) {
  const browser = await chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1.5, colorScheme: "light" });
    await page.goto(pathToFileURL(report).href);
    await page.screenshot({ path: file });
  } finally {
    await browser.close();
  }
}

async function main([given]) {
  const own = given === undefined ? mkdtempSync(join(tmpdir(), "codilens-picture-")) : null;
  try {
    const folder = own === null ? resolve(given) : join(own, "run");
    if (own !== null) makeRun(folder);
    const report = join(folder, "report.html");
    if (!existsSync(report)) throw setupError(`${report} is not there: name the folder of a finished run`, 3);
    const file = join(project, "assets", "report.png");
    await takePicture(report, file);
    say(`${file}: the first ${SIZE.width} × ${SIZE.height} pixels of ${given ?? "a run of README's quick start"}`);
  } finally {
    if (own !== null) rmSync(own, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).catch((error) => {
  say(error.exitCode === undefined ? `the picture could not be made: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
});
