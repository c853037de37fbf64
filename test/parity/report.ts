/**
 * `npm run parity`: every stage of every checkpoint beside the reference, on every engine; writes docs/parity.md. WebGPU computes on Chromium's
 * software adapter, and less of it (report-scope.ts). Takes about a quarter of an hour on two cores, nearly all of it WebGPU.
 *     npm run parity -- [--1b FOLDER --python PYTHON] [--keep FOLDER]
 *     npm run parity -- --smollm2 [--python PYTHON]      a model with trained weights alone (smollm2.ts)
 * --1b: also a checkpoint of the 1B shape; its reference is computed there and then. Sections that a run does not write are kept as they are.
 * --keep: what each engine gives is kept in the folder checkpoint by checkpoint, and what is there is not computed again.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stopWhereLost } from "../../scripts/setup/npm-options.mjs";
import { shortened } from "../../src/base/errors.js";
import { CodiModel } from "../../src/index.js";
import { ENGINE_NAMES, type EngineName } from "../../src/model/tensor/engine-names.js";
import { type Beside, cleanAnswers, zeroedAnswers } from "../support/embedded-answers.js";
import { modelFolder } from "../support/parity.js";
import { stageReport } from "../support/stages.js";
import { removeTemporaryFolders } from "../support/temporary.js";
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
import { EMBEDDED, SCOPES } from "./report-scope.js";
import { withSectionOf } from "./smollm2-page.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = here("../../docs/parity.md");

const options = {
  engine: { type: "string" },
  one: { type: "string" },
  fixture: { type: "string" },
  records: { type: "string" },
  keep: { type: "string" },
  "1b": { type: "string" },
  smollm2: { type: "boolean" },
  python: { type: "string", default: "python3" },
} as const;
stopWhereLost("parity", options);
const { values } = parseArgs({ options });

/** In the child: measures one checkpoint (`--one`), or those of the engine's scope, on one engine. */
async function measure(engine: EngineName): Promise<Measured[]> {
  const all: Measured[] = [];
  const jobs =
    values.one === undefined
      ? SCOPES[engine].checkpoints.map((name) => ({
          name,
          folder: name === EMBEDDED ? here("../../weights/tiny-codi") : modelFolder(name),
          fixture: here(`../fixtures/parity/${name}`),
        }))
      : [{ name: "1B shape, random weights", folder: values.one, fixture: values.fixture ?? "" }];
  for (const job of jobs) all.push(await kept(`${engine}-${job.name}`, () => measureOne(engine, job)));
  if (values.records !== undefined)
    await computeRuns(engine, values.records, (text) => void process.stderr.write(`${engine}: ${text}\n`));
  return all;
}

/** What was measured under this name before, where it was kept. */
async function kept(name: string, make: () => Promise<Measured>): Promise<Measured> {
  const file = values.records === undefined ? null : join(values.records, `${name}.json`);
  if (file !== null && existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Measured;
  const made = await make();
  if (file !== null) writeFileSync(file, JSON.stringify(made));
  return made;
}

interface Checkpoint {
  readonly name: string;
  readonly folder: string;
  readonly fixture: string;
}

async function measureOne(engine: EngineName, { name, folder, fixture }: Checkpoint): Promise<Measured> {
  const say = (text: string): void => void process.stderr.write(`${engine}, ${name}: ${text}\n`);
  using model = await CodiModel.load(folder, { engine });
  const [report, seconds] = await timed(() => stageReport(model, fixture));
  say(`every stage in ${seconds.toFixed(0)} s`);
  const measured = { name, engine: model.engine, report, seconds };
  if (name !== EMBEDDED) return measured;
  const [answers, spent] = await timed(() => answersOf(model, engine));
  say(`${answers.clean[1]} problems in ${spent.toFixed(0)} s`);
  return { ...measured, answers: { ...answers, seconds: spent } };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  return [await work(), (performance.now() - start) / 1000];
}

async function answersOf(model: CodiModel, engine: EngineName): Promise<Omit<Answers, "seconds">> {
  const { problems, withZeroed } = SCOPES[engine];
  const { answers, choices } = await cleanAnswers(model, { count: problems });
  const zeroed = withZeroed ? count(flat(await zeroedAnswers(model))) : null;
  return { clean: count(answers), choices: count(flat(choices)), zeroed };
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
  countsOf(answers).every(([equal, all]) => equal === all);

function countsOf(answers: Answers | undefined): Count[] {
  if (answers === undefined) return [];
  return [answers.clean, answers.choices, answers.zeroed].filter((each) => each !== null);
}

/** Each engine in a process of its own, one after the other. */
function allEngines(): Small {
  const home = values.keep ?? mkdtempSync(join(tmpdir(), "codilens-parity-"));
  mkdirSync(home, { recursive: true });
  try {
    const measured = ENGINE_NAMES.flatMap((name) => child("--engine", name, "--records", home));
    return { measured, records: besideNative(home) };
  } finally {
    if (values.keep === undefined) rmSync(home, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  if (values.engine !== undefined) {
    const engine = ENGINE_NAMES.find((each) => each === values.engine) ?? "native";
    const measured = await measure(engine);
    removeTemporaryFolders();
    // By its callback, because Dawn's threads keep a process from ending by itself.
    process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
    return;
  }
  if (values.smollm2 === true) {
    const args = ["--import", "tsx", here("smollm2.ts"), "--python", values.python];
    process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
    return;
  }
  const { measured: small, records } = allEngines();
  const before = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "";
  const kept = before.split(MARK)[1] ?? "";
  const folder = values["1b"];
  const large = folder === undefined ? [] : oneB(folder);
  const text = large.length === 0 ? kept : section(large).join("\n");
  const written = page({ measured: small, records }, text.trim() === "" ? "The 1B shape was not run yet." : text);
  writeFileSync(PAGE, withSectionOf(before, written));
  for (const each of [...small, ...large]) {
    const worst = [...each.report.lines].sort((a, b) => b.absolute / b.allowed - a.absolute / a.allowed)[0];
    process.stdout.write(
      `${within(each) ? "within" : "OUTSIDE"}  ${each.name}, ${each.engine.name}: ${each.report.sites} sites, worst ${worst?.stage ?? "?"} at ${worst === undefined ? "?" : share(worst)} of its bound; answer ${each.report.answerEqual ? "equal" : "not equal"}\n`,
    );
  }
  for (const each of records) {
    const { engine, run, largest, where, field, unequal } = each;
    process.stdout.write(
      `${isClose(each) ? "within" : "OUTSIDE"}  ${run}, ${engine} beside native: largest ${number(largest)} (${where}: ${field}); ${unequal.length} otherwise ${shortened(unequal.slice(0, 3).join("; "), 300)}\n`,
    );
  }
  process.stdout.write(`written: docs/parity.md\n`);
  process.exitCode = [...small, ...large].every(within) && records.every(isClose) ? 0 : 1;
}

await main();
