/** The study `edges` on made-up records whose means and shares were worked out by hand. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { strongestOf } from "../../src/exhibits/graph.js";
import { edgesFinding } from "../../src/studies/edges/finding.js";
import { EdgeNumbers } from "../../src/studies/edges/graph.js";
import { edgesGraph } from "../../src/studies/edges/graph-exhibit.js";
import { packedScores } from "../../src/studies/edges/record.js";
import { story } from "../../src/studies/edges/story.js";
import { edgesSummary } from "../../src/studies/edges/summary.js";
import type { RunFacts } from "../../src/studies/finding.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import { keptPair } from "../support/kept-pair.js";

const PLACES = ["number", "bot", "latent.0", "eot"];
/** One block of two heads. Sources: input, head 0, head 1, MLP. Targets: attention, MLP, output. */
const edges = new EdgeNumbers({ depth: 1, heads: 2 }, PLACES.length);

/** Scores of one pair, of the change from 10 to -10: the MLP to the projection at BOT, that on to attention at latent 0, EOT's embedding to attention there, and head 1 to the logits. */
function textOf(mlp: number): string[] {
  const scores = new Float64Array(edges.count);
  const set = (target: number, source: number, place: string, share: number): void => {
    scores[edges.at({ target, source, place: PLACES.indexOf(place) })] = -20 * share;
  };
  set(2, 3, "bot", mlp);
  set(0, 0, "latent.0", 0.1);
  set(0, 0, "eot", 0.2);
  set(2, 2, "eot", -0.3);
  return packedScores(scores, { edges, change: -20 });
}

function record(id: string, kept: object | null, more: Partial<StudyRecord> = {}): StudyRecord {
  return {
    study: "edges",
    status: "patched",
    problem: { id, index: 0, question: "?", expected: 1, difficulty: id < "p5" ? "easy" : "hard" },
    condition: { name: "edges: scores", interventions: [], factors: { what: "scores" } },
    pair: keptPair({
      // BOT names another value, latent 0 the same one.
      lens: { clean: ["5", "7"], counterfactual: ["6", "7"] },
      differences: { clean: 10, counterfactual: -10 },
    }),
    map: null,
    ...(kept === null ? {} : { kept: { edges: kept } }),
    ...more,
  };
}

const scores = (mlp: number): object => ({
  scores: { depth: 1, heads: 2, places: PLACES, scores: textOf(mlp) },
});
const ids = Array.from({ length: 10 }, (_, i) => `p${i}`);
const circuits = (kept: number): object => ({
  circuits: {
    ...{ edges: 40, none: 0, all: 1 },
    sizes: [
      { edges: 4, kept: 0.5 * kept, without: 0.2, random: [0, 0.1], withoutRandom: [0.8] },
      { edges: 20, kept, without: 0, random: [0.3, 0.1], withoutRandom: [0.4] },
    ],
    tenths: { edges: 20, lost: [0.9, -0.5, 0, 0, 0, 0, 0, 0, 0, 0.005] },
  },
});
const records = [
  // Half of the pairs have 0.4 where the others have 0.6.
  ...ids.map((id, i) => record(id, scores(i < 5 ? 0.4 : 0.6))),
  ...ids.map((id, i) => record(id, circuits(i < 5 ? 0.9 : 1.1))),
  record("x", null, { pair: { status: "dropped", reason: "why" } }),
];

const value = (estimate: { readonly kind: string; readonly value?: number }): number => estimate.value ?? Number.NaN;

describe("edgesSummary()", () => {
  const summary = edgesSummary(records, 1);

  test("means over pairs, the strongest first, under their components' names", () => {
    expect(summary?.pairs).toBe(10);
    expect(summary?.dropped).toEqual([{ reason: "why", count: 1 }]);
    expect(summary?.edgesEach).toBe((1 + 3 + 4) * 4);
    expect(summary?.edges.map(({ from, to, score }) => [from, to, Number(score.toFixed(6))])).toEqual([
      ["MLP 0 at bot", "projection to latent.0", 0.5],
      ["head 0.1 at eot", "logits at eot", -0.3],
      ["embedding at eot", "attention 0 at eot", 0.2],
      ["projection to latent.0", "attention 0 at latent.0", 0.1],
    ]);
    const [first] = summary?.strongest ?? [];
    expect(first?.score).toMatchObject({ kind: "value", n: 10 });
  });

  test("shares of the projection, and what it reads where the named value differs", () => {
    // 0.4 / 1.0 and 0.6 / 1.2; 0.1 / 1.0 and 0.1 / 1.2.
    expect(value(summary?.projection.read ?? { kind: "" })).toBeCloseTo(0.45, 10);
    expect(value(summary?.projection.written ?? { kind: "" })).toBeCloseTo(11 / 120, 10);
    expect(value(summary?.carrying.differs ?? { kind: "" })).toBeCloseTo(0.5, 10);
    // No latent follows latent 0, so nothing is read there.
    expect(summary?.carrying.same.kind).toBe("undefined");
  });

  test("circuits by size and level, beside random sets, and their tenths", () => {
    const [small, large] = summary?.circuits?.sizes ?? [];
    expect(summary?.circuits).toMatchObject({ pairs: 10, draws: 20, rounding: 0 });
    expect([small?.edges, small?.share, large?.randomMost, large?.ahead]).toEqual([
      4,
      expect.closeTo(0.1, 10),
      0.3,
      10,
    ]);
    expect([small?.kept, large?.kept, large?.random].map((each) => value(each ?? { kind: "" }))).toEqual([
      expect.closeTo(0.5, 10),
      expect.closeTo(1, 10),
      expect.closeTo(0.2, 10),
    ]);
    expect(large?.levels.map(({ level, kept }) => [level, Number(value(kept).toFixed(6))])).toEqual([
      ["easy", 0.9],
      ["hard", 1.1],
    ]);
    // Two of ten move it by 0.01, one of them up.
    expect(value(summary?.circuits?.tenths?.needed ?? { kind: "" })).toBe(2);
  });

  test("the projection is one node of the graph", () => {
    const graph = edgesGraph({ edges: summary?.edges ?? [], pairs: 10 });
    const name = (place: number): string => graph.nodes[place]?.name ?? "";
    expect(graph.edges.map(([from, to, score]) => [name(from), name(to), score])).toContainEqual([
      "projection to latent.0",
      "attention 0 at latent.0",
      0.1,
    ]);
    expect(graph.nodes).toContainEqual({ name: "projection to latent.0", group: "latent.0" });
    expect(graph.nodes).toHaveLength(7);
    expect(strongestOf(graph, 1)).toMatchObject({ edges: [[0, 1, 0.5]], nodes: [{ name: "MLP 0 at bot" }, {}] });
  });
});

describe("edgesFinding()", () => {
  const run: RunFacts = {
    protocol: "codi",
    testMode: false,
    seed: 1,
    baseline: { n: 10, correct: 10, rate: { kind: "value", value: 1, low: 0.7, high: 1, n: 10 } },
  };
  const find = (own: readonly StudyRecord[]) =>
    edgesFinding({ story, rows: [], records: own, baselines: [], run, file: () => null });

  test("says what the strongest edges keep beside random ones", () => {
    const found = find(records);
    expect(found?.headline?.sentence).toBe(
      "The strongest 50 % of edges keep 1.00 of the logit difference, as many at random 0.20, n = 10 pairs.",
    );
    expect(found?.sentence).toContain("from MLP 0 at bot to projection to latent.0 has the largest mean score, 0.50");
    expect(found?.sentence).toContain("1 problem dropped (1: why)");
    expect(found?.exhibits.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      ...["figure ", "table ", "figure circuits", "table circuits", "table minimality"],
    ]);
  });

  test("without a pair there is nothing to draw, and damaged scores are named", () => {
    const none = find([record("x", null, { pair: { status: "dropped", reason: "why" } })]);
    expect(none?.exhibits).toEqual([]);
    expect(none?.sentence).toMatch(/^No edge was scored/);
    const damaged = { scores: { depth: 1, heads: 2, places: PLACES, scores: ["1 2"] } };
    expect(() => find([record("p0", damaged)])).toThrow('The record of problem "p0" under "edges: scores"');
    expect(() => find([record("p0", damaged)])).toThrow("2 scores of 32 edges");
  });
});
