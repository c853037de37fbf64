/** Operations written as hooks, all of them rows of one batch beside the data that does the same, against PyTorch (test/fixtures/make/interventions.py). */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import {
  CodiModel,
  type Condition,
  type Hook,
  hook,
  type NamedValue,
  parseAddress,
  parseIntervention,
  tf,
} from "../../../src/index.js";
import type { SiteName } from "../../../src/model/hooks/names.js";
import { common, fixture, type InterventionCase, problemsOf, readNumbers } from "../../support/interventions.js";
import { modelFolder } from "../../support/parity.js";

const numbers = await readNumbers();
const models = [...new Set(fixture.cases.map(({ model }) => model))];

/** The case as a callback, written without the library's own operations; null for what is done in another way. */
function asHook({ interventions, shape = [] }: InterventionCase): Hook | null {
  const [text = "", ...more] = interventions;
  const { operation, site, addresses, downstream } = parseIntervention(text);
  if (more.length > 0 || site.includes("*") || downstream === "pin") return null;
  const write = written(operation, numbers.value(shape));
  return write && hook(site as SiteName, addresses.map(parseAddress), write, { id: text });
}

function written(
  operation: ReturnType<typeof parseIntervention>["operation"],
  { data, shape }: NamedValue,
): ((x: tf.Tensor) => tf.Tensor) | null {
  switch (operation.kind) {
    case "zero":
      return (x) => tf.zeros(x.shape);
    case "scale":
      return (x) => tf.mul(x, tf.scalar(operation.factor));
    case "add":
      return (x) => tf.add(x, tf.tensor(data, [...shape]));
    case "replace":
      return (x) => tf.broadcastTo(tf.tensor(data, [...shape]), x.shape);
    default:
      return null;
  }
}

describe.each(models)("on %s", (name) => {
  const loaded = CodiModel.load(modelFolder(name));
  afterAll(async () => (await loaded).dispose());

  test("hooks in a batch with data give the reference's answers, logits and latents' inputs", async () => {
    const cases = fixture.cases
      .filter((each) => each.model === name)
      .flatMap((each) => {
        const own = asHook(each);
        return own === null ? [] : [{ each, own }];
      });
    expect(new Set(cases.map(({ each }) => parseIntervention(each.interventions[0] ?? "").operation.kind))).toEqual(
      new Set(["zero", "scale", "add", "replace"]),
    );
    expect(cases.length).toBeGreaterThan(60);
    const conditions = cases.map(({ own }): Condition => ({ name: own.id ?? "", interventions: [], hooks: [own] }));
    const data = fixture.cases.filter(
      (each) => each.model === name && /^zero:[^+]*$/.test(each.interventions.join("+")),
    );
    expect(data.length).toBeGreaterThan(10);
    const beside = data.map(
      ({ interventions }, i): Condition => ({
        name: `data ${i}`,
        interventions: interventions.map(parseIntervention),
      }),
    );
    const baseline = { name: "baseline", interventions: [] };
    const [row = []] = await (await loaded).runConditions(
      [fixture.question],
      [baseline, ...conditions, ...beside],
      common,
    );
    const [, ...results] = row;
    const wanted = [...cases.map(({ each }) => each), ...data];
    expect(results.length).toBe(wanted.length);
    expect(
      wanted.flatMap((each, i) => (results[i] === undefined ? [] : problemsOf(each, results[i], numbers))),
    ).toEqual([]);
  });
});
