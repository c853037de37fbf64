/**
 * `npm run parity`: every stage of every checkpoint beside the reference, on every engine; writes docs/parity.md. WebGPU computes on Chromium's
 * software adapter.
 *     npm run parity -- [--1b FOLDER --python PYTHON]    also a checkpoint of the 1B shape; its reference is computed there and then
 * Without --1b the section of the last 1B run is kept as it is.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stopWhereLost } from "../../scripts/setup/npm-options.mjs";
import { CodiModel } from "../../src/index.js";
import { ENGINE_NAMES, type EngineName } from "../../src/model/tensor/engine-names.js";
import { type Beside, cleanAnswers, zeroedAnswers } from "../support/embedded-answers.js";
import { MODELS, modelFolder } from "../support/parity.js";
import { stageReport } from "../support/stages.js";
import { SOFTWARE_GPU } from "../support/webgpu.js";
import {
  type Answers,
  type Count,
  MARK,
  type Measured,
  number,
  page,
  type Small,
  section,
  share,
} from "./report-page.js";
import { besideNative, computeRuns, isClose } from "./report-records.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = here("../../docs/parity.md");
const EMBEDDED = "tiny-codi";

const options = {
  engine: { type: "string" },
  one: { type: "string" },
  fixture: { type: "string" },
  records: { type: "string" },
  "1b": { type: "string" },
  python: { type: "string", default: "python3" },
} as const;
stopWhereLost("parity", options);
const { values } = parseArgs({ options });

/** In the child: measures one checkpoint (`--one`), or all with a committed fixture, on one engine. */
async function measure(engine: EngineName): Promise<Measured[]> {
  const all: Measured[] = [];
  const jobs =
    values.one === undefined
      ? [...MODELS, EMBEDDED].map((name) => ({
          name,
          folder: name === EMBEDDED ? here("../../weights/tiny-codi") : modelFolder(name),
          fixture: here(`../fixtures/parity/${name}`),
        }))
      : [{ name: "1B shape, random weights", folder: values.one, fixture: values.fixture ?? "" }];
  for (const { name, folder, fixture } of jobs) {
    using model = await CodiModel.load(folder, { engine });
    const report = await stageReport(model, fixture);
    const answers = name === EMBEDDED ? { answers: await answersOf(model) } : {};
    all.push({ name, engine: model.engine, report, ...answers });
  }
  if (values.records !== undefined) await computeRuns(engine, values.records);
  return all;
}

async function answersOf(model: CodiModel): Promise<Answers> {
  const { answers, choices } = await cleanAnswers(model);
  return { clean: count(answers), choices: count(flat(choices)), zeroed: count(flat(await zeroedAnswers(model))) };
}

function flat<T>({ found, wanted }: Beside<readonly T[]>): Beside<T> {
  return { found: found.flat(1) as T[], wanted: wanted.flat(1) as T[] };
}

function count<T>({ found, wanted }: Beside<T>): Count {
  const equal = wanted.filter((each, i) => JSON.stringify(each) === JSON.stringify(found[i]));
  return [found.length === wanted.length ? equal.length : 0, wanted.length];
}

function child(...args: string[]): Measured[] {
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", here("report.ts"), ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...SOFTWARE_GPU },
  });
  if (status !== 0) throw new Error(`the measurement ${args.join(" ")} ended with ${status}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured[];
}

function oneB(folder: string): Measured[] {
  const home = mkdtempSync(join(tmpdir(), "codilens-parity-"));
  try {
    const script = here("../fixtures/make/stages.py");
    const fixture = join(home, "1b");
    process.stderr.write("computing the reference in float32 and float64 …\n");
    const { status } = spawnSync(values.python, [script, folder, fixture, "--question", "x".repeat(62)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error(`${values.python} stages.py ended with ${status}`);
    return child("--engine", "native", "--one", folder, "--fixture", fixture);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const within = ({ report, answers }: Measured): boolean =>
  report.promptEqual &&
  report.wrongTokens === 0 &&
  report.lines.every(({ absolute, allowed }) => absolute <= allowed) &&
  Object.values<Count>({ ...answers }).every(([equal, all]) => equal === all);

/** Each engine in a process of its own, one after the other. */
function allEngines(): Small {
  const home = mkdtempSync(join(tmpdir(), "codilens-parity-"));
  try {
    const measured = ENGINE_NAMES.flatMap((name) => child("--engine", name, "--records", home));
    return { measured, records: besideNative(home) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  if (values.engine !== undefined) {
    const engine = ENGINE_NAMES.find((each) => each === values.engine) ?? "native";
    // By its callback, because Dawn's threads keep a process from ending by itself.
    process.stdout.write(`${JSON.stringify(await measure(engine))}\n`, () => process.exit(0));
    return;
  }
  const { measured: small, records } = allEngines();
  const kept = existsSync(PAGE) ? (readFileSync(PAGE, "utf8").split(MARK)[1] ?? "") : "";
  const folder = values["1b"];
  const large = folder === undefined ? [] : oneB(folder);
  const text = large.length === 0 ? kept : section(large).join("\n");
  writeFileSync(PAGE, page({ measured: small, records }, text.trim() === "" ? "The 1B shape was not run yet." : text));
  for (const each of [...small, ...large]) {
    const worst = [...each.report.lines].sort((a, b) => b.absolute / b.allowed - a.absolute / a.allowed)[0];
    process.stdout.write(
      `${within(each) ? "within" : "OUTSIDE"}  ${each.name}, ${each.engine.name}: ${each.report.sites} sites, worst ${worst?.stage ?? "?"} at ${worst === undefined ? "?" : share(worst)} of its bound; answer ${each.report.answerEqual ? "equal" : "not equal"}\n`,
    );
  }
  for (const each of records) {
    const { engine, run, largest, where, field, unequal } = each;
    process.stdout.write(
      `${isClose(each) ? "within" : "OUTSIDE"}  ${run}, ${engine} beside native: largest ${number(largest)} (${where}: ${field}); ${unequal.length} otherwise ${unequal.slice(0, 3).join("; ")}\n`,
    );
  }
  process.stdout.write(`written: docs/parity.md\n`);
  process.exitCode = [...small, ...large].every(within) && records.every(isClose) ? 0 : 1;
}

await main();
