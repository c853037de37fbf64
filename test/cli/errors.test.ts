/** What a user sees when something is wrong: one sentence, one document, no escape codes, no stack. */
// @needs build, time

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, existsSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const folder = temporaryFolder("codilens-errors-");
const codilens = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8", timeout: 120_000 });
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const MEAN = ["--intervene", "mean:blocks.8.hook_resid_post@latent.1"];

// Builds if that is due, so that its lines do not stand among the errors.
beforeAll(() => void codilens("--help"));

describe("with --json", () => {
  test.each<[string[], RegExp, RegExp]>([
    [["experiment", "--layers", "4,,8"], /argument '4,,8' is invalid/, /--help/],
    [["experment"], /unknown command 'experment'/, /Did you mean experiment\?/],
    [["trace"], /required option '--question <text>'/, /--help/],
    [[], /unknown option '--json'|no command is given/, /--help/],
  ])("wrong use %j is one JSON document on stderr, and nothing else", (args, message, hint) => {
    const { status, stdout, stderr } = codilens(...args, "--json");
    expect([status, stdout]).toEqual([2, ""]);
    expect(JSON.parse(stderr)).toEqual({
      schema: 1,
      status: "error",
      exitCode: 2,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});

describe("power", () => {
  test("says how many problems a design needs, and the same as a document", () => {
    const { status, stdout, stderr } = codilens("power", "--effect", "0.1");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^\d+ problems: McNemar's exact test of 15 % broken against 5 % mended has power 0\.8\d\d at level 0\.05 \(exactly\)\.\n$/,
    );
    const document = JSON.parse(codilens("power", "--effect", "0.1", "--json").stdout) as {
      problems: number;
      power: number;
    };
    expect(stdout.startsWith(`${document.problems} problems:`)).toBe(true);
  });

  test.each<[string[], RegExp]>([
    [[], /required option '--effect <x>' not specified/],
    [["--effect", "1.5"], /"1\.5" is not a number above 0 and below 1/],
    [["--effect", "-0.1"], /"-0\.1" is not a number above 0 and below 1/],
    [["--effect", "0.9", "--baseline", "0.2"], /110 % of answers change one way and 20 % the other, more than all/],
    [
      ["--effect", "0.9", "--test", "within-position"],
      /cannot be reached: with --baseline 0\.05 of answers breaking, r is below 0\.\d\d/,
    ],
    [["--effect", "0.1", "--power", "0.04"], /--power 0\.04 is not above --alpha 0\.05/],
    [["--effect", "0.1", "--test", "anova"], /Allowed choices are mcnemar, within-position/],
    [["--effect", "0.0001"], /More than 20000 problems are needed/],
  ])("refuses %j in a sentence", (args, message) => {
    const { status, stdout, stderr } = codilens("power", ...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("before the model is loaded", () => {
  test.each<[string[], number, RegExp]>([
    [["--max-new-tokens", "0"], 2, /"0" is not at least 1/],
    [["--capture", "blocks.8.hook_resid_pots"], 2, /Unknown site "blocks\.8\.hook_resid_pots"/],
    [["--intervene", "zero:nope@bot"], 2, /Unknown site "nope"/],
    [["--out", join(folder, "no", "such", "x.safetensors")], 5, /its folder cannot be written \(ENOENT\)/],
    [["--out", folder], 5, /it is a folder, wanted a file/],
    [["--reference", join(folder, "none"), ...MEAN], 3, /Cannot read reference file .*ENOENT/],
    [["--reference", file("cut.jsonl", '{"question": "a"}\n\n{"question": \n'), ...MEAN], 3, /cut\.jsonl, line 3:/],
    [["--reference", file("field.jsonl", '{"q": 1}\n'), ...MEAN], 3, /field\.jsonl, line 1: no usable question/],
    [["--reference", file("empty.txt", "\n \n"), ...MEAN], 3, /holds no question/],
  ])("trace %j exits %i", (args, code, message) => {
    // A model that is not there: had it been opened, its error would come instead.
    const { status, stderr } = codilens("trace", "--question", "q", "--model", join(folder, "no-model"), ...args);
    expect([status, stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("text from outside", () => {
  test("escape codes in a data file, an option or a path never reach the terminal", () => {
    const row = '{"id":"a\\u001b[31mb","question":"Tom has 3 pens.","answer":"#### 3"}\n';
    const cases = [
      codilens("experiment", "--data", file("twice.jsonl", row + row), "--out", join(folder, "twice")),
      codilens("trace", "--question", "q", "--intervene", "\u001b[31mzero"),
      codilens("trace", "--question", "q", "--model", "/no/\u001b[31msuch"),
      codilens("experiment", "--layers", "\u001b[31m4"),
    ];
    expect(cases.map(({ status }) => status)).toEqual([3, 2, 3, 2]);
    for (const { stderr } of cases) {
      expect(stderr).toContain("31m");
      expect(stderr).not.toContain("\u001b");
    }
  });
});

describe("streams", () => {
  test("a full disk under stdout is exit 5 and one sentence", () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["scripts/codilens.mjs", "trace", "--question", "q", "--max-new-tokens", "2", "--json"],
      { encoding: "utf8", stdio: ["ignore", openSync("/dev/full", "w"), "pipe"] },
    );
    const last = stderr.trimEnd().split("\n").at(-1) ?? "";
    expect([status, JSON.parse(last)]).toEqual([
      5,
      expect.objectContaining({ message: expect.stringMatching(/ENOSPC/) }),
    ]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("notices that nobody reads do not end a run", () => {
    // The reader of stderr is gone before the first notice.
    const line = `"$0" scripts/codilens.mjs experiment --problems 4 --layers 8 --out "$1" 2>&1 >/dev/null | true; echo \${PIPESTATUS[0]}`;
    const { stdout } = spawnSync("bash", ["-c", line, process.execPath, join(folder, "unread")], { encoding: "utf8" });
    expect(stdout).toBe("0\n");
    expect(existsSync(join(folder, "unread", "report.html"))).toBe(true);
  });
});

describe("a limit of open files", () => {
  const limited = (files: number, ...args: readonly string[]): [number | null, string] => {
    const line = `ulimit -n ${files}; exec "$0" scripts/codilens.mjs "$@"`;
    const { status, stderr } = spawnSync("bash", ["-c", line, process.execPath, ...args], { encoding: "utf8" });
    return [status, stderr];
  };
  /** A checkpoint in so many files, all of which are open while it is read. */
  function inShards(count: number): string {
    const dir = join(folder, "in-shards");
    cpSync("weights/tiny-codi", dir, { recursive: true, filter: (path) => !/safetensors|state\.pt/.test(path) });
    const names = Array.from({ length: count }, (_, at) => `model-${at}.safetensors`);
    for (const [at, name] of names.entries()) {
      const header = JSON.stringify({ [`t.${at}`]: { dtype: "F32", shape: [1], data_offsets: [0, 4] } });
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      writeFileSync(join(dir, name), Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]));
    }
    const index = { metadata: {}, weight_map: Object.fromEntries(names.map((name, at) => [`t.${at}`, name])) };
    writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify(index));
    return dir;
  }

  test.each<[string, number, () => readonly string[]]>([
    ["while a command loads", 64, () => ["experiment", "--dry-run"]],
    ["while an analysis loads", 64, () => ["analyze", folder]],
    ["while a checkpoint is opened", 200, () => ["weights", "inspect", inShards(220)]],
  ])("%s is exit 5 and one sentence that says how to raise it", (_, files, args) => {
    const [status, stderr] = limited(files, ...args());
    expect([status, stderr]).toEqual([
      5,
      expect.stringMatching(/^error: Too many files are open.*EMFILE[\s\S]*`ulimit -n 1024`/),
    ]);
    expect(stderr).not.toMatch(/not expected here|permission|\n\s+at /);
  });
});

test("naming one study of the two says that both are run", () => {
  const { status, stderr } = codilens("experiment", "--problems", "4", "--study", "attention", "--dry-run");
  expect([status, stderr]).toEqual([0, expect.stringMatching(/both are run, whichever is named/)]);
});
