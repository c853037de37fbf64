/** `codilens trace`: one question, looked at closely. */

import { accessSync, constants, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { mebibytes } from "../../base/bytes.js";
import { BadInputError, EnvironmentError, escapeUnprintable, UsageError } from "../../base/errors.js";
import { openFilesError } from "../../base/open-files.js";
import { parseIntervention } from "../../model/hooks/interventions.js";
import { parseSite } from "../../model/hooks/names.js";
import { type Expected, isExpected } from "../../model/latent/answer/kind.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import { hasLatents } from "../../model/latent/protocols/loop.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { loadSae } from "../../model/latent/sae/load-sae.js";
import type { SparseAutoencoder } from "../../model/latent/sae/sparse-autoencoder.js";
import { type AskedRun, loadAsked } from "../asked-run.js";
import { comparedJson, comparedLines, runCompared } from "../trace-compare.js";
import { writeTrace } from "../trace-file.js";
import { runSources, sourceQuestions } from "../trace-sources.js";
import { namedTokens, tokenLines } from "../trace-tokens.js";
import { readValues } from "../trace-values.js";

interface Flags extends AskedRun {
  readonly capture: string[];
  readonly value: string[];
  readonly source: string[];
  readonly reference?: string;
  readonly sae: string[];
  readonly expected?: Expected;
  readonly compareClean: boolean;
  readonly tokens: boolean;
  readonly out?: string;
}

/** Runs the command. */
export async function trace(flags: Flags): Promise<void> {
  const interventions = flags.intervene.map(parseIntervention);
  checkSites([...flags.capture, ...interventions.map(({ site }) => site)]);
  if (flags.out !== undefined) checkOut(flags.out);
  if (flags.compareClean && interventions.length === 0)
    throw new UsageError("--compare-clean has nothing to compare", "add --intervene");
  const values = await readValues(flags.value, interventions);
  const asked = sourceQuestions(flags.source, interventions);
  const reference = flags.reference === undefined ? [] : await readQuestions(flags.reference);
  const model = await loadAsked(flags);
  const saes: SparseAutoencoder[] = [];
  try {
    for (const folder of flags.sae) saes.push(await loadSae(folder, { force: flags.force }));
    checkExpected(flags.expected, model.protocol);
    // The file always holds the answer's logits and the latents' inputs, whatever else is captured.
    const always = [...(hasLatents(model.protocol) ? ["latents.hook_input"] : []), "hook_logits"];
    const options = {
      capture: [...new Set([...flags.capture, ...(flags.out === undefined ? [] : always)])],
      interventions,
      values,
      sources: await runSources(model, asked, { interventions, maxNewTokens: flags.maxNewTokens, saes }),
      saes,
      reference,
      seed: flags.seed,
      lens: true,
      ...(flags.maxNewTokens === undefined ? {} : { maxNewTokens: flags.maxNewTokens }),
    };
    const { expected, compareClean } = flags;
    const compared = await runCompared(model, flags.question, { options, expected, compareClean });
    const { result } = compared;
    const tokens = flags.tokens ? namedTokens(result, model.tokenizer) : null;
    if (flags.out !== undefined) writeTrace(flags.out, { model, result });
    if (result.captures.bytes > 0)
      process.stderr.write(`captured ${result.captures.sites.length} sites, ${mebibytes(result.captures.bytes)}\n`);
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ ...asJson(result, flags.out), ...comparedJson(compared), ...(tokens === null ? {} : { named: tokens }) }, null, 2)}\n`
        : `${[...table(result), ...(tokens === null ? [] : tokenLines(tokens)), ...comparedLines(compared), ...(flags.out === undefined ? [] : [`written: ${flags.out}`])].join("\n")}\n`,
    );
  } finally {
    for (const sae of saes) sae.dispose();
    model.dispose();
  }
}

/** Whether an answer can be this text is the protocol's to say. */
function checkExpected(expected: Expected | undefined, protocol: AnyProtocol): void {
  if (expected === undefined || isExpected(expected, protocolOf(protocol).comparesTexts)) return;
  throw new UsageError(
    `--expected "${expected}" is no number, letter from A to E, true or false, and protocol ${protocol} compares no other text`,
    "give one of these",
  );
}

/** Refuses misspelt sites before the model is loaded; how many layers it has is known only then. */
function checkSites(sites: readonly string[]): void {
  for (const site of sites) if (!site.includes("*")) parseSite(site, Number.POSITIVE_INFINITY);
}

/** Refuses an unwritable file before the model is loaded. */
function checkOut(file: string): void {
  const refuse = (why: string): EnvironmentError =>
    new EnvironmentError(`Cannot write "${file}": ${why}`, "choose another file with --out");
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw refuse("it is a folder, wanted a file");
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw refuse(`its folder cannot be written (${(error as NodeJS.ErrnoException).code ?? "unwritable"})`);
  }
}

async function readQuestions(file: string): Promise<string[]> {
  const hint = "give a text file, one question a line, or JSONL with a field question";
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw (
      openFilesError(error) ??
      new BadInputError(`Cannot read reference file "${file}": ${error.code ?? error.message}`, hint)
    );
  });
  const questions = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      if (!line.trimStart().startsWith("{")) return [line];
      const question = questionOf(line);
      if (question !== null) return [question];
      throw new BadInputError(`${file}, line ${index + 1}: no usable question, wanted {"question": "…"}`, hint);
    });
  if (questions.length === 0) throw new BadInputError(`${file} holds no question`, hint);
  return questions;
}

function questionOf(line: string): string | null {
  try {
    const { question } = JSON.parse(line) as { question?: unknown };
    return typeof question === "string" && question.trim() !== "" ? question : null;
  } catch {
    return null;
  }
}

function asJson(result: RunResult, out: string | undefined): object {
  const { question, promptIds, answer, lens, fired, drawn, layout } = result;
  return {
    schema: 2,
    question,
    positions: layout.names,
    layout: layout.describe(),
    tokens: { prompt: promptIds, answer: answer.ids },
    answer: { text: answer.text, finish: answer.finish, parsed: answer.parsed, tokens: answer.tokens },
    lens,
    fired,
    ...(drawn.length === 0 ? {} : { drawn }),
    out: out ?? null,
  };
}

function table({ answer, lens, fired, layout }: RunResult): string[] {
  const percent = (logProb: number): string => `${(100 * Math.exp(logProb)).toFixed(1)} %`;
  const tokens = answer.tokens.map(
    ({ text, logProb, margin }) =>
      `  ${quoted(text).padEnd(14)} ${percent(logProb).padStart(7)}   margin ${margin.toFixed(2)}`,
  );
  const says = lens.map(
    ({ at, top }) =>
      `  ${at.padEnd(9)} ${top.map(({ text, logProb }) => `${quoted(text)} ${percent(logProb)}`).join("  ")}`,
  );
  const hooks = fired.map(
    ({ name, site, address, count, planned }) => `  ${name} · ${site}@${address} · ${count} of ${planned}`,
  );
  return [
    `answer: ${escapeUnprintable(answer.text)}${answer.finish === "limit" ? "   (stopped at the limit)" : ""}`,
    ...tokens,
    "what the head would say:",
    ...says,
    ...(hooks.length === 0 ? [] : ["fired:", ...hooks]),
    `positions: ${layout.describe()}`,
  ];
}

function quoted(text: string): string {
  return `"${escapeUnprintable(text)}"`;
}
