/** The command itself, as a user runs it. */
// @needs build, time

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { linesOf } from "../support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "../support/records-alone.js";
import { temporaryFolder } from "../support/temporary.js";

const folder = (): string => temporaryFolder("codilens-cli-");
const codilens = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8", timeout: 120_000 });
const ENTRY = ["scripts/codilens.mjs", "experiment", "--no-progress"];
const RUN = [
  "experiment",
  "--problems",
  "40",
  "--layers",
  "4,14",
  "--no-controls",
  "--no-control-model",
  "--no-progress",
];

describe("codilens experiment", () => {
  test("ends with every file, resumes without computing, and refuses the folder to another run", () => {
    const out = join(folder(), "out dir");
    const first = codilens("experiment", "--test-mode", "--layers", "14,4", "--out", out, "--json");
    expect([first.status, first.stdout === "" ? first.stderr : ""]).toEqual([0, ""]);
    const result = JSON.parse(first.stdout) as {
      status: string;
      counts: object;
      summary: { baseline: { correct: number }; control: { model: string } };
    };
    expect(result.summary.control.model).toBe("tiny-pause");
    expect(linesOf(join(out, "control"))).toHaveLength(240);
    expect(result).toMatchObject({
      status: "complete",
      // Baseline, six ablations; the same and random directions, also all at once; three controls.
      counts: { problems: 10, records: 240, failed: 0, computed: 240 },
    });
    expect(result.summary.baseline.correct).toBe(10);
    const wanted = [
      "manifest.json",
      "log.jsonl",
      "records.jsonl",
      "summary.json",
      "summary_statistics_test.json",
      "report.html",
      "test_dataset_10.json",
      "token_ablation_results_test.json",
      "attention_weights_test.json",
      "SHA256SUMS",
      "tables/by_latent.csv",
    ];
    for (const name of [
      ...wanted,
      ...[
        "1_importance_by_position",
        "2_importance_heatmap",
        "3_attention_vs_importance",
        "4_correlation_by_position",
      ].flatMap((f) => ["png", "pdf", "svg", "csv"].map((end) => `figures/${f}.${end}`)),
    ]) {
      expect([name, existsSync(join(out, name))]).toEqual([name, true]);
    }
    const again = codilens("experiment", "--test-mode", "--layers", "4,14", "--out", out, "--latex", "--json");
    expect(existsSync(join(out, "latex", "document.tex"))).toBe(true);
    expect(JSON.parse(again.stdout)).toMatchObject({ counts: { computed: 0, resumed: 240 } });
    const other = codilens("experiment", "--test-mode", "--layers", "4,8", "--out", out);
    expect(other.status).toBe(4);
    expect(other.stderr).toMatch(/belongs to another run: layers: \[4,14\] there, \[4,8\] here/);
  });

  test("--study adds studies with controls, figures, tables and sections; --profile says where the time went", () => {
    const out = join(folder(), "studies");
    const args = [
      "experiment",
      "--study",
      "token-ablation,subsets,budget,lens",
      "--problems",
      "4",
      "--layers",
      "8",
      "--no-control-model",
      "--out",
      out,
    ];
    const { status, stdout, stderr } = codilens(...args, "--no-progress", "--profile", "--threads", "1", "--json");
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    const { counts, summary } = JSON.parse(stdout) as {
      counts: object;
      summary: {
        latents: { latent: number; broken: { count: number } }[];
        studies: { name: string; conditions: { factors: Record<string, unknown>; broken: { count: number } }[] }[];
      };
    };
    expect(counts).toMatchObject({ problems: 4, records: 4 * (1 + 6 + 14 + 65 + 14 + 3), failed: 0 });
    expect(summary.studies.map(({ name }) => name)).toEqual(["lens", "ablation", "subsets", "budget", "controls"]);
    // A set of one latent is the main study's condition, run as another branch of the tree.
    const ones = summary.studies[2]?.conditions.filter(({ factors }) => factors["size"] === 1);
    expect(ones?.map(({ broken }) => broken.count)).toEqual(summary.latents.map(({ broken }) => broken.count));
    expect(summary.studies[4]?.conditions.slice(0, 2).map(({ broken }) => broken.count)).toEqual([0, 0]);
    const longer = linesOf(out)
      .filter((line) => line.includes("more than in the baseline"))
      .map((line) => JSON.parse(line) as { status: string; condition: object; measures: object });
    expect(longer.length).toBe(4 * 2);
    for (const [i, { status, condition, measures }] of longer.entries()) {
      const latents = 7 + (i % 2);
      expect(status).toBe("ok");
      expect(condition).toMatchObject({ interventions: [], latents, factors: { visible: latents, loop: "longer" } });
      expect(measures).toMatchObject({ deltaExpectedLogProb: expect.any(Number), klAtNumber: null });
    }
    const report = readFileSync(join(out, "report.html"), "utf8");
    for (const text of [
      "With more latents than in the baseline",
      "8 latents are run, 2 more than in the baseline",
      "Do latents act alone or together?",
      "How many latents does the answer need?",
      "8 control runs",
      "at bot the value of step 1 (4 of 4)",
      "There is no tuned lens: 4 problems, at least 20 are needed.",
    ])
      expect(report).toContain(text);
    for (const name of [
      "figures/study_subsets.pdf",
      "figures/study_budget.png",
      "tables/studies.csv",
      "tables/shapley.csv",
      "tables/lens.csv",
      "tables/lens_layers.csv",
      "tables/probes.csv",
      "figures/study_lens_layers.svg",
      "tuned_lens.json",
    ])
      expect([name, existsSync(join(out, name))]).toEqual([name, true]);
    expect(readFileSync(join(out, "profile.txt"), "utf8")).toMatch(/MatMul[\s\S]*latent\.3/);
    const trace = JSON.parse(readFileSync(join(out, "profile.trace.json"), "utf8")) as {
      traceEvents: { ph: string }[];
    };
    expect(trace.traceEvents.filter(({ ph }) => ph === "X").length).toBeGreaterThan(1000);
    expect(readFileSync(join(out, "SHA256SUMS"), "utf8")).not.toContain("profile");
  });

  test("all studies under --protocol seed are those that it has, and the others are named", () => {
    const out = join(folder(), "x");
    const seed = codilens("experiment", "--study", "all", "--protocol", "seed", "--dry-run", "--json", "--out", out);
    expect([seed.status, seed.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^not run: .*budget.*: each is no study of protocol seed, which has [a-z-]+ and [a-z-]+ only$/m,
      ),
    ]);
    const { plan } = JSON.parse(seed.stdout) as { plan: { conditions: string[] } };
    expect(plan.conditions).toHaveLength(7);
  });

  test("a study is refused by name under --protocol seed, and when nobody knows it", () => {
    const seed = codilens("experiment", "--study", "budget", "--protocol", "seed", "--out", join(folder(), "x"));
    expect([seed.status, seed.stderr]).toEqual([2, expect.stringMatching(/seed has the studies token-ablation/)]);
    const unknown = codilens("experiment", "--study", "magic");
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringMatching(/unknown study "magic"/)]);
  });

  test("under --protocol seed every output says that the loop is flawed", () => {
    const out = join(folder(), "seed");
    const { status, stdout } = codilens(
      "experiment",
      "--problems",
      "4",
      "--protocol",
      "seed",
      "--layers",
      "8",
      "--max-new-tokens",
      "12",
      "--out",
      out,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/NOTE: Protocol seed reproduces/);
    expect(readFileSync(join(out, "report.html"), "utf8")).toMatch(/Flawed protocol/);
    expect(readFileSync(join(out, "summary.json"), "utf8")).toMatch(/one position late/);
    expect(readFileSync(join(out, "figures/1_importance_by_position.svg"), "utf8")).toMatch(
      /PROTOCOL SEED: the original study/,
    );
    expect(readFileSync(join(out, "records.jsonl"), "utf8")).toMatch(
      /replace\(clean-input\.1\):blocks\.8\.hook_resid_post@latent\.1/,
    );
  });

  test("a file that cannot grow ends the run with 5 and keeps earlier records; run again, it ends as an undisturbed one", () => {
    const [out, run] = [join(folder(), "full"), [...RUN, ...RECORDS_ALONE]];
    // The kernel's own limit on a file's size: writes come short, then fail, as on a full disk.
    const limited = `trap '' XFSZ; ulimit -f 1400; exec "$0" scripts/codilens.mjs ${run.join(" ")} --out ${out}`;
    const full = spawnSync("sh", ["-c", limited, process.execPath], { encoding: "utf8" });
    expect([full.status, full.stderr]).toEqual([5, expect.stringMatching(/Cannot write .*records\.jsonl: EFBIG/)]);
    expect(linesOf(shardIn(out))).toHaveLength(140);
    const again = codilens(...run, "--out", out, "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ status: "complete", counts: { resumed: 140, records: 280 } });
  });

  test("a reader that goes away is no error", () => {
    const piped = spawnSync("sh", ["-c", `"$0" scripts/codilens.mjs experiment --help | head -n 1`, process.execPath], {
      encoding: "utf8",
    });
    expect([piped.status, piped.stderr]).toEqual([0, ""]);
  });

  test("with --json an error is one JSON document on stderr", () => {
    const { status, stderr } = codilens("analyze", "/no/such", "--json");
    expect([status, JSON.parse(stderr)]).toEqual([3, expect.objectContaining({ status: "error", exitCode: 3 })]);
  });

  test("--dry-run prints the plan and writes nothing; its time comes from an earlier run's rates", () => {
    const out = join(folder(), "none");
    const cache = folder();
    const own = { encoding: "utf8", timeout: 120_000, env: { ...process.env, CODILENS_CACHE: cache } } as const;
    const dry = (): SpawnSyncReturns<string> =>
      spawnSync(
        process.execPath,
        ["scripts/codilens.mjs", "experiment", "--test-mode", "--dry-run", "--out", out],
        own,
      );
    const before = dry();
    expect([before.status, existsSync(out)]).toEqual([0, false]);
    expect(before.stdout).toMatch(/10 problems .* × 24 conditions = 240 items/);
    expect(before.stdout).toMatch(/time: unknown until a first run on this machine/);
    const run = [...ENTRY, "--test-mode", ...RECORDS_ALONE, "--out", join(folder(), "run")];
    const ran = spawnSync(process.execPath, run, own);
    expect([ran.status, ran.stderr]).toEqual([
      0,
      expect.stringMatching(/steps of this model's shape timed on this machine, for the estimates/),
    ]);
    const after = dry();
    expect([after.status, existsSync(out)]).toEqual([0, false]);
    expect(after.stdout).toMatch(
      /time: about [\d.]+ s of computing \(as the last runs here, [\d.]+ times their steps\), .* token by token, about [\d.]+ (s|min)/,
    );
    expect(after.stdout).toContain(cache);
    // Two further ways at six latents and at all; without controls the random direction is left out.
    for (const [more, conditions] of [
      [[], 38],
      [["--no-controls"], 28],
    ] as const) {
      const other = codilens("experiment", "--test-mode", "--dry-run", "--ablation", "mean,resample", ...more);
      expect(other.stdout).toContain(`× ${conditions} conditions =`);
    }
  });
});

describe("wrong use", () => {
  test.each<[string[], number, RegExp]>([
    [["experiment", "--layers", "4,,8"], 2, /"" is not a whole number/],
    [["experiment", "--layers", "NaN"], 2, /"NaN" is not a whole number/],
    [["experiment", "--layers", "1e3"], 2, /"1e3" is not a whole number/],
    [["experiment", "--layers", "4,4"], 2, /layer 4 stands twice/],
    [["experiment", "--layers", ""], 2, /"" is not a whole number/],
    [["experiment", "--layers", "16"], 2, /layers 0 to 15/],
    [["experiment", "--layer", "4"], 2, /Did you mean --layers/],
    [["experment"], 2, /Did you mean experiment/],
    [["experiment", "--study", "rollout"], 2, /unknown study "rollout"; this version has/],
    [["experiment", "--model", "/no/such"], 3, /not a readable folder/],
    [["experiment", "--data", "/no/such"], 3, /ENOENT/],
    [["experiment", "--test-mode", "--out", "/proc/nothing"], 5, /Cannot write into output folder/],
    [["analyze", "/no/such"], 3, /neither records\.jsonl nor/],
    [["analyze", "/no/such", "/no/such"], 2, /stands twice/],
    [["analyze", "/no/such", "--out", "/tmp/x"], 2, /--out is for comparing/],
    [["trace", "--question", " "], 2, /question is empty/],
    [["trace", "--question", "q", "--intervene", "zero:bot"], 2, /address after @ is missing/],
  ])("%j exits %i with one sentence", (args, code, message) => {
    const { status, stderr } = codilens(...args);
    expect([status, stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("--help and --version go to stdout with exit 0", () => {
    const help = codilens("experiment", "--help");
    expect([help.status, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toMatch(/--ablate-layer <n>.*default: 8/s);
    expect(codilens("--help").stdout).toMatch(/Exit codes:/);
    expect(codilens("--version").stdout).toBe("0.1.0\n");
  });
});

describe("codilens trace", () => {
  test("writes a file whose tensors have the designed shapes, and prints what fired", () => {
    const out = join(folder(), "trace.safetensors");
    const { status, stdout } = codilens(
      "trace",
      "--question",
      "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?",
      "--capture",
      "blocks.8.hook_resid_post,blocks.*.attn.hook_pattern",
      "--intervene",
      "zero:blocks.8.hook_resid_post@latent.0",
      "--out",
      out,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/zero:blocks\.8\.hook_resid_post@latent\.0 .* 1 of 1/);
    const bytes = readFileSync(out);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Record<
      string,
      { shape: number[]; dtype: string }
    >;
    const prompt = header["tokens.prompt"]?.shape[0] ?? 0;
    const answer = header["tokens.answer"]?.shape[0] ?? 0;
    const positions = prompt + 6 + 1 + answer - 1;
    expect(header["blocks.8.hook_resid_post"]?.shape).toEqual([positions, 64]);
    expect(header["blocks.15.attn.hook_pattern"]?.shape).toEqual([4, positions, positions]);
    expect(header["latents.hook_input"]?.shape).toEqual([6, 64]);
    expect(header["logits"]?.shape).toEqual([answer, 527]);
    expect(header["tokens.prompt"]?.dtype).toBe("I32");
  });
});

describe("run from elsewhere", () => {
  test("through a symlink, in another folder, with a name of blanks", () => {
    const dir = folder();
    symlinkSync(join(process.cwd(), "scripts", "codilens.mjs"), join(dir, "lens link.mjs"));
    writeFileSync(join(dir, "unused"), "");
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        join(dir, "lens link.mjs"),
        "trace",
        "--question",
        "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?",
      ],
      { cwd: dir, encoding: "utf8" },
    );
    expect([status, stdout.split("\n")[0]]).toEqual([0, "answer: The answer is: 7"]);
  });
});
