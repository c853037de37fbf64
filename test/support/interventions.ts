/** Intervened runs of the reference: cases with their expected ids, logits and latents' inputs. */

import { type ConditionOptions, parseIntervention, type RunResult } from "../../src/index.js";
import type { NamedValue } from "../../src/model/hooks/bound.js";
import { widened } from "../../src/model/tensor/floats.js";
import { compare, type Difference, openFixture, readJson } from "./parity.js";

/** One intervened run; `logits` and `inputs` are rows of the model's tables. */
export interface InterventionCase {
  readonly model: string;
  readonly interventions: string[];
  /** Shape of the value that `add(v)` and `replace(v)` take. */
  readonly shape?: number[];
  /** Shapes of the values by name, where a case has several. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  readonly answer: number[];
  readonly logits: number[];
  readonly inputs: number[];
  /** The reference's own float32–float64 difference, at least the clean run's. */
  readonly gap: { readonly logits: number; readonly inputs: number };
}

interface Fixture {
  readonly question: string;
  readonly reference: string[];
  /** Question of the run that `patch(other)` and `swap(b,other)` read. */
  readonly source?: string;
  readonly seed: number;
  readonly max_new_tokens: number;
  readonly cases: InterventionCase[];
}

/** The fixture's JSON. */
export const fixture = readJson<Fixture>("interventions");

/** What every case of the fixture is run with. */
export const common: ConditionOptions = {
  seed: fixture.seed,
  reference: fixture.reference,
  maxNewTokens: fixture.max_new_tokens,
  capture: ["hook_logits", "latents.hook_input"],
};

/** The reference's numbers: rows of a model's table, and the value of `add(v)` and `replace(v)` in a case's shape. */
export interface Numbers {
  readonly rows: (table: string, places: readonly number[]) => Float32Array;
  readonly value: (shape: readonly number[]) => NamedValue;
}

/** Interventions on parts of sites, on subspaces and from another run. */
export const scoped = readJson<Fixture>("scoped_interventions");

/** Reads a fixture's tensors. */
export async function readNumbers(name = "interventions", cases = fixture.cases): Promise<Numbers> {
  const file = await openFixture(name);
  const tables = new Map<string, { data: Float32Array; width: number }>();
  for (const { model } of cases) {
    for (const name of [`${model}.logits`, `${model}.inputs`]) {
      if (!tables.has(name))
        tables.set(name, { data: widened(await file.read(name)), width: file.tensors.get(name)?.shape[1] ?? 0 });
    }
  }
  const vector = widened(await file.read(file.tensors.has("value") ? "value" : "values"));
  return {
    rows: (name, places) => {
      const { data, width } = tables.get(name) ?? { data: new Float32Array(), width: 0 };
      const out = new Float32Array(places.length * width);
      for (const [i, place] of places.entries()) out.set(data.subarray(place * width, (place + 1) * width), i * width);
      return out;
    },
    value: (shape) => ({
      shape,
      data: vector.slice(
        0,
        shape.reduce((product, n) => product * n, 1),
      ),
    }),
  };
}

/** The operation that a case is listed under. */
export function kindOf({ interventions: [first = ""] }: InterventionCase): string {
  const { operation } = parseIntervention(first);
  return operation.kind === "knockout" && !operation.renormalise ? "knockout, raw" : operation.kind;
}

/** What is wrong with a run of a case: other ids, or logits (all answer steps) or latents' inputs beyond what is allowed. */
export function problemsOf(each: InterventionCase, result: RunResult, numbers: Numbers): string[] {
  const label = each.interventions.join(" + ");
  const ids =
    result.answer.ids.join() === each.answer.join()
      ? []
      : [`${label}: answer ${result.answer.ids}, wanted ${each.answer}`];
  const beyond = caseDifferences(each, result, numbers).filter(({ found, allowed }) => !(found <= allowed));
  return [
    ...ids,
    ...beyond.map(({ site, found, allowed }) => `${label}: ${site} differ by ${found}, allowed ${allowed}`),
  ];
}

/** A case's logits and latents' inputs beside what is allowed. */
export function caseDifferences(each: InterventionCase, result: RunResult, numbers: Numbers): Difference[] {
  const logits = result.captures.get("hook_logits");
  const vocab = logits.shape[2] ?? 0;
  const { parts } = result.layout;
  const first = (result.layout.find({ part: "eot", index: parts.eot - 1 }) ?? 0) * vocab;
  const steps = Math.min(result.answer.ids.length, each.answer.length);
  const ours = logits.data.slice(first, first + steps * vocab);
  const wanted = numbers.rows(`${each.model}.logits`, each.logits.slice(0, steps));
  const inputs = result.captures.get("latents.hook_input").data;
  return [
    compare("logits", ours, wanted, each.gap.logits),
    compare("inputs", inputs, numbers.rows(`${each.model}.inputs`, each.inputs), each.gap.inputs),
  ];
}
