/** An experiment from a script is the command's: the same records, folder and summary; it stops and goes on. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readRecords } from "../../src/records/record-line.js";
import { temporaryFolder } from "../support/temporary.js";

function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 240_000 });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout;
}

test("a program that is no file, with options of Node, hands on to the computing process only those that it can have", () => {
  const folder = temporaryFolder("codilens-run-");
  const [loaded, seen] = [join(folder, "loaded.mjs"), join(folder, "seen.txt")];
  writeFileSync(
    loaded,
    `import { appendFileSync } from "node:fs";
appendFileSync(${JSON.stringify(seen)}, JSON.stringify([process.argv[1] ?? "", process.execArgv]) + "\\n");\n`,
  );
  const program = `import { runExperiment } from ${JSON.stringify(`file://${resolve("dist/index.js")}`)};
const { status } = await runExperiment({ problems: 1, layers: [4], controls: false, workers: 1, out: ${JSON.stringify(join(folder, "out"))} });
console.log(status);`;
  const kept = ["--max-old-space-size=1024", "--import", loaded];
  expect(node(...kept, "--input-type=module", "-e", program)).toBe("complete\n");
  const processes = readFileSync(seen, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as [string, string[]]);
  expect(processes.filter(([file]) => file.endsWith("compute-child.js"))).toEqual([[expect.any(String), kept]]);
}, 120_000);

test("the command's records byte for byte, the summary that it writes, and a run that is stopped goes on", () => {
  const folder = temporaryFolder("codilens-run-");
  const [commanded, scripted] = [join(folder, "command"), join(folder, "script")];
  node(
    ...["scripts/codilens.mjs", "experiment", "--layers", "4", "--problems", "36", "--seed", "5"],
    ...[
      "--study",
      "token-ablation",
      "--no-controls",
      "--no-control-model",
      "--no-progress",
      "--quiet",
      "--out",
      commanded,
    ],
  );
  const script = join(folder, "script.mjs");
  writeFileSync(
    script,
    `import { runExperiment, UsageError } from ${JSON.stringify(`file://${resolve("dist/index.js")}`)};
import { analyzeRun } from ${JSON.stringify(`file://${resolve("dist/analysis.js")}`)};
const settings = { layers: [4], problems: 36, workers: 1, seed: 5, studies: ["token-ablation"], controls: false, out: ${JSON.stringify(scripted)} };
const stop = new AbortController();
const stopped = await runExperiment(settings, { signal: stop.signal, onProgress: ({ done }) => done > 0 && stop.abort() });
const told = [];
const run = await runExperiment(settings, { onProgress: (progress) => told.push(progress) });
const wrong = await runExperiment({ studies: ["layermap"] }).catch((error) => [error instanceof UsageError, error.message]);
const summary = await analyzeRun(run.dir);
console.log(JSON.stringify({ stopped, run, last: told.at(-1), wrong, summary }));
`,
  );
  const found = JSON.parse(node(script));
  expect(found.stopped).toMatchObject({ status: "interrupted", plan: null });
  expect(found.stopped.counts.records).toBeGreaterThan(0);
  expect(found.stopped.counts.records).toBeLessThan(36 * 7);
  expect(found.run).toMatchObject({ status: "complete", dir: scripted });
  expect(found.run.counts.resumed).toBe(found.stopped.counts.records);
  expect(found.last).toEqual({ done: 36 * 7, total: 36 * 7 });
  expect(found.wrong).toEqual([true, 'There is no study "layermap", did you mean "layer-map"?']);
  const [here, there] = [scripted, commanded].map((dir) => readFileSync(join(dir, "records.jsonl")));
  expect(here?.equals(there ?? Buffer.of())).toBe(true);
  expect(readRecords(here ?? Buffer.of(), scripted).records).toHaveLength(36 * 7);
  const summary = JSON.parse(readFileSync(join(commanded, "summary.json"), "utf8"));
  expect(found.summary.baseline).toEqual(summary.baseline);
  expect(readFileSync(join(scripted, "report.html"), "utf8")).toContain("runExperiment in script.mjs");
});
