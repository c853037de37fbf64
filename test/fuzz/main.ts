/** `npm run fuzz`: hostile and merely odd model files against our readers and against the Python libraries. Exit 0: nothing found, 1: something. */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stopWhereLost } from "../../scripts/setup/npm-options.mjs";
import { fuzzConfig } from "./config.js";
import { Reference } from "./reference.js";
import type { Finding, Part, PartResult } from "./report.js";
import { fuzzSafetensors } from "./safetensors.js";
import { REASONS as SAFETENSORS_REASONS } from "./safetensors-classes.js";
import { fuzzPickle, fuzzZip } from "./torch-bin.js";
import { TORCH_REASONS } from "./torch-classes.js";
import { install } from "./watch.js";

const PARTS: Readonly<Record<string, (part: Part) => Promise<PartResult>>> = {
  safetensors: fuzzSafetensors,
  pickle: fuzzPickle,
  zip: fuzzZip,
  config: fuzzConfig,
};
const REASONS = new Map([...SAFETENSORS_REASONS, ...TORCH_REASONS]);
const USAGE =
  "npm run fuzz -- [--seconds N] [--seed S] [--only safetensors|pickle|zip|config] [--cases N] [--python PATH]";
// Of each kind of finding.
const MOST_KEPT = 3;
const MOST_CHARACTERS = 400;

/** @returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = {
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    cases: { type: "string" },
    only: { type: "string" },
    python: { type: "string" },
  } as const;
  stopWhereLost("fuzz", options);
  const { values } = parseArgs({ args: [...args], options });
  const [seconds, seed, cases] = [values.seconds, values.seed, values.cases ?? "0"].map(Number) as [
    number,
    number,
    number,
  ];
  const names = values.only === undefined ? Object.keys(PARTS) : [values.only];
  if (
    ![seconds, seed, cases].every((n) => Number.isSafeInteger(n) && n >= 0) ||
    !names.every((name) => name in PARTS)
  ) {
    process.stderr.write(`codilens: usage: ${USAGE}\n`);
    return 2;
  }
  const reference = values.python === undefined ? null : new Reference(values.python);
  let found = 0;
  try {
    if (reference !== null) say(`reference: ${await reference.versions()}`);
    for (const name of names) {
      if (reference === null) say(`${name}: left out, it needs --python`);
      else found += await runPart(name, { seed, cases, seconds: seconds / names.length, reference });
    }
  } finally {
    await reference?.close();
  }
  say(found === 0 ? "nothing found" : `${found} found`);
  return found === 0 ? 0 : 1;
}

interface Budget {
  readonly seed: number;
  /** 0: as many as the time allows. */
  readonly cases: number;
  readonly seconds: number;
  readonly reference: Reference | null;
}

async function runPart(name: string, { seed, cases, seconds, reference }: Budget): Promise<number> {
  const run = PARTS[name];
  if (run === undefined) throw new RangeError(`No part ${name}`);
  const start = Date.now();
  const until = cases > 0 ? Number.POSITIVE_INFINITY : start + seconds * 1000;
  const { table, findings } = await run({
    seed,
    cases: cases > 0 ? cases : Number.POSITIVE_INFINITY,
    until,
    reference,
  });
  const took = (Date.now() - start) / 1000;
  say(
    `${name}: ${table.cases} cases in ${took.toFixed(1)} s, ${Math.round(table.cases / took)} a second, seed ${seed}`,
  );
  for (const [verdict, count] of [...table.verdicts].sort()) say(`  ${String(count).padStart(8)}  ${verdict}`);
  if (table.differences.size > 0) say("  differences by class:");
  for (const [difference, count] of [...table.differences].sort()) {
    const reason = REASONS.get(difference);
    say(`  ${String(count).padStart(8)}  ${difference}${reason === undefined ? "" : ` (${reason})`}`);
  }
  for (const note of table.notes) say(`  ${note}`);
  const kinds = new Map<string, Finding[]>();
  for (const finding of findings) {
    const kind = finding.what.replaceAll(/"[^"]*"|\d+/g, "…");
    const others = kinds.get(kind);
    if (others === undefined) kinds.set(kind, [finding]);
    else others.push(finding);
  }
  for (const [kind, all] of kinds) {
    say(`  FOUND ${all.length} times: ${kind}`);
    for (const finding of all.slice(0, MOST_KEPT))
      say(`    case ${finding.index}: ${finding.what.slice(0, MOST_CHARACTERS)}; kept as ${kept(finding)}`);
  }
  return findings.length;
}

function kept({ part, file, bytes }: Finding): string {
  const folder = new URL(`../fixtures/fuzz/${part}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileURLToPath(new URL(file, folder)), bytes);
  return `test/fixtures/fuzz/${part}/${file}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

install();
process.exitCode = await main(process.argv.slice(2));
