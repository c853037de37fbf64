/** What `codilens slurm` and `codilens k8s` print, as their users run them. */
// @needs build, time

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { join } from "node:path";
import { Job } from "kubernetes-models/batch/v1/Job";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { temporaryFolder } from "../../support/temporary.js";

const codilens = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8", timeout: 240_000 });
const K8S = ["k8s", "--image", "registry.example/codilens:1", "--claim", "results", "--shards", "5"];

describe("codilens k8s", () => {
  const { status, stdout, stderr } = codilens(...K8S, "--test-mode", "--layers", "4", "--out", "it's here");
  const documents = parseAllDocuments(stdout).map((each) => each.toJS() as Record<string, unknown>);

  test("prints two Jobs that Kubernetes' own schema takes", () => {
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    expect(documents.map(({ kind }) => kind)).toEqual(["Job", "Job"]);
    for (const document of documents) expect(() => new Job(document as never).validate()).not.toThrow();
    expect(complaints(documents)).toEqual([]);
    // The schema is one that refuses: a misspelt field, and a code that is no number.
    const text = JSON.stringify(documents[0]);
    expect(complaints([JSON.parse(text.replace("backoffLimitPerIndex", "backoffLimitPerIndx"))])).toEqual([
      expect.stringMatching(/backoffLimitPerIndx.* does not exist/),
    ]);
    expect(() => new Job(JSON.parse(text.replace("[2,3,4]", '["2"]'))).validate()).toThrow(/must be integer/);
  }, 300_000);

  test("an index runs its shard and takes over the folder; wrong options, model or data are not tried again", () => {
    expect(documents[0]).toMatchObject({
      spec: {
        ...{ completionMode: "Indexed", completions: 5, parallelism: 5, podReplacementPolicy: "Failed" },
        podFailurePolicy: {
          rules: [
            { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
            { action: "FailIndex", onExitCodes: { values: [2, 3, 4] } },
          ],
        },
        template: {
          spec: {
            restartPolicy: "Never",
            containers: [
              {
                args: [
                  expect.stringMatching(
                    /^codilens experiment --shards 5 --test-mode --layers 4 --workers 1 --threads 1 --out 'it'\\''s here' --no-progress --take-over &\n/,
                  ),
                ],
                resources: { requests: { cpu: "1" } },
              },
            ],
            volumes: [{ persistentVolumeClaim: { claimName: "results" } }],
          },
        },
      },
    });
    expect(documents[1]).toMatchObject({ metadata: { name: "codilens-merge" }, spec: { suspend: true } });
  });
});

/** What TypeScript says of documents as Jobs of Kubernetes' own types: a field that is none is no silent nothing. */
function complaints(documents: readonly unknown[]): string[] {
  const file = join(process.cwd(), "test", "documents.ts");
  const text = `import type { IJob } from "kubernetes-models/batch/v1/Job";\nexport const jobs: IJob[] = ${JSON.stringify(documents)};\n`;
  const options = { strict: true, skipLibCheck: true, noEmit: true, module: ts.ModuleKind.NodeNext, types: [] };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? text : readFile(path));
  host.getSourceFile = (path, version) =>
    path === file ? ts.createSourceFile(path, text, version) : getSourceFile.call(host, path, version);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("wrong use", () => {
  test.each<[string[], RegExp]>([
    [["slurm"], /slurm needs the number of shards, --shards N\n {2}→ say how many tasks share the run/],
    [["slurm", "--shards", "4", "--new"], /--new is no option of slurm\n {2}→ it would empty a shard's folder/],
    [["slurm", "--shards", "0"], /"0" is not a number from 1 to 10000/],
    [["slurm", "--shards", "4", "--time", "1:00"], /"1:00" is 60 s, wanted at least 600 s/],
    [
      ["slurm", "--shards", "4", "--cpus", "1", "--threads", "2"],
      /--cpus 1 is less than 1 × 2, the workers and threads of a task/,
    ],
    [["k8s", "--shards", "4", "--claim", "a"], /required option '--image <name>' not specified/],
  ])("%j", (args, wanted) => {
    const { status, stdout, stderr } = codilens(...args);
    expect([status, stdout, stderr]).toEqual([2, "", expect.stringMatching(wanted)]);
  });

  test("what is wrong with the experiment is refused with the experiment's own sentence", () => {
    const wrong = ["--layers", "99", "--out", join(temporaryFolder("codilens-slurm-"), "a")];
    const own = codilens("experiment", ...wrong);
    expect([own.status, own.stderr]).toEqual([2, expect.stringMatching(/Layer 99 is out of range/)]);
    const printing = codilens("slurm", "--shards", "4", ...wrong);
    expect([printing.status, printing.stdout, printing.stderr]).toEqual([2, "", own.stderr]);
  }, 240_000);
});
