/** Step rates of the 1B shape, as the bench published them. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { StepRate } from "../../src/model/latent/plan/rates.js";
import { type Section, sectionsOf } from "../results.mjs";

const RESULTS = fileURLToPath(new URL("../RESULTS.md", import.meta.url));

/** What one worker with all cores of a machine takes. */
export interface Published {
  readonly machine: string;
  readonly steps: readonly StepRate[];
  readonly loadSeconds: number;
  /** Problems of the whole run that was timed, and its seconds once loaded. */
  readonly run: { readonly problems: number; readonly seconds: number };
}

/** Of the first machine that has all of it. @throws RangeError where none has. */
export function published(file = RESULTS): Published {
  const sections = sectionsOf(readFileSync(file, "utf8"));
  const machines = [...new Set(sections.map(({ machine }) => machine))];
  const found = machines.flatMap((machine) => {
    const textOf = (name: string): string => textIn(sections, machine, name);
    const loads = /`CodiModel\.load` with tokenizer in ([\d.]+) s/.exec(textOf("load"))?.[1];
    const run = /whole run as `experiment` does it[^:]*: (\d+) problems in ([\d.]+) s once loaded/.exec(
      textOf("study"),
    );
    const steps = ratesIn(textOf("steps"));
    if (loads === undefined || run === null || steps.length === 0) return [];
    return [{ machine, steps, loadSeconds: Number(loads), run: { problems: Number(run[1]), seconds: Number(run[2]) } }];
  });
  const [first] = found;
  if (first === undefined) throw new RangeError(`${file} has no machine with steps, load and study: npm run bench`);
  return first;
}

function textIn(sections: readonly Section[], machine: string, name: string): string {
  return sections.find((each) => each.machine === machine && each.name === name)?.text ?? "";
}

/** A decode step is a latent step and the head; a prompt at once is a forward of as many cells. */
function ratesIn(text: string): StepRate[] {
  const rates = [1, 8, 64].flatMap((rows) => {
    const forwardMs = oursIn(text, `latent step, ${rows} ${rows === 1 ? "row" : "rows"}`);
    const decodeMs = oursIn(text, `decode step, ${rows} ${rows === 1 ? "row" : "rows"}`);
    return forwardMs === null || decodeMs === null ? [] : [{ rows, forwardMs, headMs: decodeMs - forwardMs }];
  });
  const last = rates.at(-1);
  const prompt = oursIn(text, "prefill, 256 tokens");
  if (last === undefined || prompt === null) return [];
  return [...rates, { rows: 256, forwardMs: prompt, headMs: (last.headMs * 256) / last.rows }];
}

/** Our milliseconds in a case of the table. */
function oursIn(text: string, label: string): number | null {
  const line = text.split("\n").find((each) => each.startsWith(`| ${label} |`));
  const [, value, unit] = /^ ([\d.]+) (ms|s)\b/.exec(line?.split("|")[2] ?? "") ?? [];
  return value === undefined ? null : Number(value) * (unit === "s" ? 1000 : 1);
}
