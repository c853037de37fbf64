/** Gradients of the library beside those of PyTorch's autograd (test/fixtures/make/gradients.py). */

import { expect, test } from "vitest";
import { CodiModel, type GradientResult, type Metric, tf } from "../../src/index.js";
import type { ProtocolName } from "../../src/model/latent/protocols/names.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { compare, type Difference, modelFolder, type OpenFixture, readFixtureAt } from "./parity.js";

/** One gradient of the reference. */
interface GradientCase {
  readonly model: string;
  readonly protocol: string;
  readonly base: string | null;
  readonly question: string;
  readonly latents: number;
  readonly downstream: "propagate" | "pin";
  readonly metric: Metric;
  readonly answer: readonly number[];
  readonly vocab: number;
  readonly key: string;
  readonly value: number;
  readonly value_gap: number;
  readonly names: readonly string[];
  /** Number of its list of sites. */
  readonly sites: number;
  /** By kind of site: the gap between float32 and float64, relative to the site's largest. */
  readonly gaps: Readonly<Record<string, number>>;
}

interface GradientFixture {
  /** Positions whose gradients are kept. */
  readonly kept: readonly string[];
  /** Sites and how many of those positions each has. */
  readonly site_lists: readonly (readonly (readonly [string, number])[])[];
  readonly cases: readonly GradientCase[];
}

/** Tests of those cases whose model and protocol are named. @param only downstream rule; both where it is left out. */
export function gradientSuite(
  engine: EngineName,
  names: readonly (readonly [string, ProtocolName])[],
  only?: "propagate" | "pin",
): void {
  test.each(names)(`${engine}: gradients of %s (%s) are autograd's at every site`, async (name, protocol) => {
    const opened = await readFixtureAt<GradientFixture>(new URL("../fixtures/gradients", import.meta.url).pathname);
    const cases = opened.fixture.cases.filter(
      (each) => each.model === name && each.protocol === protocol && (only === undefined || each.downstream === only),
    );
    expect(cases.length).toBeGreaterThan(0);
    using model = await load(name, cases[0]?.base ?? null, { engine, protocol });
    const before = tf.memory().numTensors;
    for (const each of cases) await expectEqual(model, each, opened);
    expect(tf.memory().numTensors).toBe(before);
  });
}

function load(
  name: string,
  base: string | null,
  options: { readonly engine: EngineName; readonly protocol: ProtocolName },
): Promise<CodiModel> {
  const folder = name === "tiny-codi" ? "weights/tiny-codi" : modelFolder(name);
  return CodiModel.load(folder, { ...options, ...(base === null ? {} : { base: modelFolder(base) }) });
}

async function expectEqual(model: CodiModel, each: GradientCase, opened: OpenFixture<GradientFixture>): Promise<void> {
  const { fixture, tensor } = opened;
  const sites = fixture.site_lists[each.sites] ?? [];
  const of = each.metric.kind === "kl" ? { ...each.metric, reference: someLogits(each.vocab) } : each.metric;
  const { latents, downstream, answer } = each;
  const result = await model.gradient(each.question, {
    of,
    at: sites.map(([site]) => site),
    latents,
    downstream,
    answer,
  });
  expect(Math.abs(result.value - each.value)).toBeLessThanOrEqual(10 * Math.max(each.value_gap, 1e-6));
  const wanted = await tensor(each.key);
  const all: Difference[] = [];
  let from = 0;
  for (const [site, count] of sites) {
    const reference = wanted.subarray(from, from + 2 * count);
    from += 2 * count;
    const ours = sketched(result, site, positionsOf(each, site, fixture.kept));
    const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    all.push(compare(site, ours, reference, (each.gaps[kindOf(site)] ?? 0) * largest));
  }
  expect(from).toBe(wanted.length);
  expect(all.filter(({ found, allowed }) => !(found <= allowed))).toEqual([]);
}

function kindOf(site: string): string {
  return site.replace(/^blocks\.\d+\./, "");
}

/** Kept positions that a site has, in the order of the sequence. */
function positionsOf({ names, protocol }: GradientCase, site: string, kept: readonly string[]): string[] {
  const has = (name: string): boolean => {
    if (site === "latents.hook_input") return name.startsWith("latent.");
    // Under `seed` nothing is fed back into the first latent.
    if (site.startsWith("latents.") || site.startsWith("prj."))
      return name.startsWith("latent.") && !(protocol === "seed" && name === "latent.0");
    return site !== "hook_logits" || name.startsWith("eot") || name.startsWith("answer.");
  };
  return names.filter((name) => kept.includes(name) && has(name));
}

/** Each position's gradient, times two fixed directions. */
function sketched({ gradients }: GradientResult, site: string, positions: readonly string[]): Float32Array {
  return Float32Array.from(
    positions.flatMap((position) => {
      const { data } = gradients.at(site, position);
      let [one, other] = [0, 0];
      for (const [i, value] of data.entries()) {
        one += value * Math.cos(i + 1);
        other += value * Math.cos(0.7 * i + 2);
      }
      return [one, other];
    }),
  );
}

/** The reference's logits of a KL divergence. */
function someLogits(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.3));
}
