/** What the loader does with folders that are unfinished, ambiguous or contradict themselves. */
// @needs nothing

import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadRun } from "../../src/analysis/load.js";
import { originalFiles, originalStatistics } from "../../src/analysis/main/original.js";
import { summarize } from "../../src/analysis/summary.js";
import { recordLine } from "../../src/records/record-line.js";
import { madeFolder, madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";

const run = {
  problems: 12,
  broken: (p: number, k: number): boolean => (p + k) % 4 === 0,
  attention: (p: number, k: number, layer: number): number => 0.05 + 0.04 * Math.sin(p * 1.7 + k * 2.3 + layer),
};
const records = madeRecords(run);

type Entry = Record<string, unknown>;

/** The study's two files, changed before they are written. */
function originalFolder(change: (ablations: Entry[], attention: Entry[]) => void = () => {}): string {
  const files = originalFiles(records, false);
  const ablations = JSON.parse(JSON.stringify(files.get("token_ablation_results_12.json"))) as Entry[];
  const attention = JSON.parse(JSON.stringify(files.get("attention_weights_12.json"))) as Entry[];
  change(ablations, attention);
  const dir = temporaryFolder("codilens-original-");
  writeFileSync(join(dir, "token_ablation_results_12.json"), JSON.stringify(ablations));
  writeFileSync(join(dir, "attention_weights_12.json"), JSON.stringify(attention));
  return dir;
}

/** Original statistics of the same run without one problem. */
function without(problem: number): ReturnType<typeof originalStatistics> {
  return originalStatistics(loadRun(madeFolder(records.filter((record) => record.problem.index !== problem))));
}

describe("records", () => {
  test("of the original's own loop, which has no BOT to read at, say of each latent what was read there", () => {
    const said = ["1", "2", "3", "4", "5", "6"];
    const own = records.map((record) =>
      record.status === "ok" && record.lens !== null
        ? { ...record, protocol: "seed" as const, lens: said }
        : { ...record, protocol: "seed" as const },
    );
    expect(loadRun(madeFolder(own)).problems[0]?.lens).toEqual(["–", ...said]);
    expect(loadRun(madeFolder(records)).problems[0]?.lens).toEqual(["7"]);
  });

  test("a repeated record counts once, and the later one counts", () => {
    const dir = madeFolder(records);
    const [, second] = records;
    if (second?.status !== "ok") throw new Error("made records are ok");
    const changed = { ...second, answer: { ...second.answer, correct: !second.answer.correct } };
    appendFileSync(join(dir, "records.jsonl"), recordLine(changed));
    const { rows } = loadRun(dir);
    expect(rows).toHaveLength(72);
    expect(rows[0]?.stillCorrect).toBe(changed.answer.correct);
  });

  test("runs that are missing are counted and said; a whole run says nothing", () => {
    expect(loadRun(madeFolder(records)).notices).toEqual([]);
    const { notices } = loadRun(madeFolder(records.filter((_, i) => i !== 0 && i !== 9)));
    expect(notices).toEqual([expect.stringMatching(/^2 of 84 runs are missing/)]);
  });

  test("attention to fewer latents than were ablated is refused, not read as 0", () => {
    const short = records.map((record) =>
      record.status !== "ok"
        ? record
        : { ...record, attention: { layer_8: { eot: { headMean: [0.1, 0.2], heads: [] }, number: null } } },
    );
    expect(() => loadRun(madeFolder(short))).toThrow(/p0, layer_8: attention to 2 latents, but latent 2 was ablated/);
  });
});

describe("the original study's files", () => {
  test("a problem without attention is left out, as the original does, and never counts as attention 0", () => {
    const dir = originalFolder((_, attention) => {
      attention[3] = { problem_id: "p3", difficulty: "5+step", error: "out of memory" };
    });
    expect(originalStatistics(loadRun(dir))).toEqual(without(3));
  });

  test("a problem that failed half-way is left out whole and named", () => {
    const dir = originalFolder((ablations) => {
      // All that was done before the error is kept beside it.
      ablations[0] = { ...ablations[0], error: "out of memory" };
    });
    const data = loadRun(dir);
    expect(originalStatistics(data)).toEqual(without(0));
    expect(data.failed).toEqual([{ problemId: "p0", condition: "all", message: "out of memory" }]);
  });

  test("of a problem that was not finished no list is written, whose places would name other latents", () => {
    const cut = records.filter(({ problem, condition }) => problem.index !== 1 || condition.latent !== 2);
    const entries = originalFiles(cut, false).get("token_ablation_results_12.json") as Entry[];
    expect(entries[1]).toEqual({
      ...{ problem_id: "p1", difficulty: "3-step", expected_answer: 7 },
      error: "not finished: 5 of 6 ablations are there",
    });
    expect(entries[0]?.["importance_scores"]).toHaveLength(6);
  });

  test("two runs in one folder are refused; files of different runs are not paired", () => {
    const dir = originalFolder();
    writeFileSync(join(dir, "token_ablation_results_test.json"), "[]");
    expect(loadRun(dir).rows).toHaveLength(72);
    writeFileSync(join(dir, "attention_weights_test.json"), "[]");
    expect(() => loadRun(dir)).toThrow(
      /results of 2 runs: token_ablation_results_12.json, token_ablation_results_test/,
    );
    const mixed = temporaryFolder("codilens-original-");
    writeFileSync(join(mixed, "token_ablation_results_100.json"), "[]");
    writeFileSync(join(mixed, "attention_weights_test.json"), "[]");
    expect(() => loadRun(mixed)).toThrow(/of the same ending/);
  });
});

test("without layer 14 the summary says which layer the original's per-token statistics use", () => {
  const data = loadRun(madeFolder(records));
  expect(summarize(data).notices).toEqual([]);
  expect(summarize({ ...data, layers: [4, 8] }).notices).toEqual([expect.stringMatching(/use layer 8$/)]);
});
