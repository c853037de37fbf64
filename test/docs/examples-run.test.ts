/** Every public function is shown by an example, and every example of the documentation compiles, runs, and gives what it says. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entryPoints, pages } from "../../scripts/docs.mjs";
import { codeOf, type DocExample, pageExample, programOf, publicNames } from "../support/doc-examples.js";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, unknown> };
const modules = Object.keys(manifest.exports).filter((each) => !each.endsWith(".json"));
const entries = new Map(entryPoints().map((file, at) => [`codilens${(modules[at] ?? "").slice(1)}`, file]));
const names = publicNames(entries);
const namesOf = (module: string): string[] =>
  names.filter((each) => each.module === module && each.kind !== "method").map(({ name }) => name);

const examples: DocExample[] = [
  ...names.flatMap(({ module, name, examples: shown }) =>
    shown.map((each, at) => ({
      place: `${module} ${name}${at === 0 ? "" : ` (${at + 1})`}`,
      module,
      code: codeOf(each),
    })),
  ),
  ...["README.md", ...pages()].flatMap((file) => pageExample(file) ?? []),
];

// Within the package, where its own name resolves to what it exports.
const folder = mkdtempSync(".examples-");
const fileOf = (at: number): string => join(folder, `example-${at}.mts`);
let failures = new Map<string, string>();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "scope.mts"), SCOPE);
  for (const [at, example] of examples.entries()) writeFileSync(fileOf(at), programOf(example, namesOf));
  for (const at of ["scope", ...examples.keys()]) {
    const file = typeof at === "number" ? fileOf(at) : join(folder, `${at}.mts`);
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    });
    writeFileSync(file.replace(/\.mts$/, ".mjs"), outputText);
  }
  writeFileSync(join(folder, "main.mjs"), MAIN);
  const made = spawnSync(process.execPath, ["scripts/codilens.mjs", ...RUN, "--out", join(folder, "run")], {
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`The run that examples analyse ended with ${made.status}: ${made.stderr}`);
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, "main.mjs"), String(examples.length)], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const [, report] = /^RESULTS (.*)$/m.exec(stdout) ?? [];
  if (report === undefined) throw new Error(`The examples ended with ${status}: ${stderr.slice(-2000)}`);
  failures = new Map(
    (JSON.parse(report) as [number, string][]).map(([at, message]) => [examples[at]?.place ?? "", message]),
  );
});

const RUN = ["experiment", "--problems", "4", "--layers", "4", "--no-controls", "--no-control-model"];

/** What examples share: a loaded model, a question, three problems, a run's folder, and the check of what a line says. */
const SCOPE = `
import { inspect } from "node:util";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { CodiModel, loadProblems, writeSafetensors } from "codilens";
const model = await CodiModel.load("tiny-codi");
const problems = await loadProblems("tiny-codi", { n: 3, seed: 1 });
const question: string = problems[0]?.question ?? "";
const dir = new URL("run", import.meta.url).pathname;
const saeDir = new URL("sae", import.meta.url).pathname;
const wave = (name: string, ...shape: number[]) => ({ name, dtype: "F32" as const, shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * i)) });
mkdirSync(saeDir);
writeFileSync(saeDir + "/sae_weights.safetensors", writeSafetensors([wave("W_enc", 64, 256), wave("b_enc", 256), wave("W_dec", 256, 64), wave("b_dec", 64)]));
writeFileSync(saeDir + "/cfg.json", JSON.stringify({ architecture: "standard", d_in: 64, d_sae: 256, metadata: { sae_lens_version: "6.0.0", hook_name: "blocks.8.hook_resid_post" } }));
const shown = (value: unknown): string =>
  typeof value === "string" ? value : inspect(value, { breakLength: Infinity, depth: 4, maxArrayLength: 12 }).replace(/\\s*\\n\\s*/g, " ");
// A number is compared to the digits that the example shows.
const NUMBER = /-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?/g;
const isNear = (given: string, wanted: string): boolean =>
  given === wanted || Number(given).toFixed((wanted.split(".")[1] ?? "").length) === wanted;
const check = (value: unknown, wanted: string): void => {
  const [given, numbers] = [shown(value), wanted.match(NUMBER) ?? []];
  const found = given.match(NUMBER) ?? [];
  const isSame = JSON.stringify(value) === wanted || given.replace(NUMBER, "#") === wanted.replace(NUMBER, "#") && found.every((each, i) => isNear(each, numbers[i] ?? ""));
  if (!isSame) throw new Error("gave " + given + ", the example says " + wanted);
};
export const scope = { model, problems, question, dir, saeDir, check };
`;

const MAIN = `
const failures = [];
for (let at = 0; at < Number(process.argv[2]); at++)
  try {
    const { run } = await import("./example-" + at + ".mjs");
    await run();
  } catch (error) {
    failures.push([at, String(error?.stack ?? error).slice(0, 600)]);
  }
console.log("\\nRESULTS " + JSON.stringify(failures));
process.exit(0);
`;

/** Modules of which every function is shown. */
const COVERED = ["codilens", "codilens/analysis", "codilens/browser", "codilens/statistics", "codilens/studies"];

describe("examples", () => {
  test("stand at every public function, class and method", () => {
    // A class is shown by its methods' examples, and what two entries export by those of one.
    const shown = new Set(
      names.filter(({ examples: own }) => own.length > 0).flatMap(({ name }) => [name, name.split(".")[0] ?? name]),
    );
    const bare = names.filter(
      ({ module, kind, name, examples: own }) =>
        COVERED.includes(module) && kind !== "constant" && own.length === 0 && !shown.has(name),
    );
    expect(names.length).toBeGreaterThan(50);
    expect(bare.map(({ module, name }) => `${module} ${name}`)).toEqual([]);
  });

  test("compile", () => {
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile("tsconfig.json", (file) => ts.sys.readFile(file)).config,
      ts.sys,
      ".",
    );
    const files = [join(folder, "scope.mts"), ...examples.map((_, at) => fileOf(at))];
    const program = ts.createProgram(files, { ...options, noEmit: true, skipLibCheck: true });
    const found = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const at = Number(/example-(\d+)/.exec(file?.fileName ?? "")?.[1]);
      return `${examples[at]?.place ?? file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
    expect(found).toEqual([]);
  });

  test.each(examples.map(({ place }) => place))("%s", (place) => {
    expect(failures.get(place) ?? "").toBe("");
  });
});
