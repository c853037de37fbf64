/** What an editor offers while a script is written, asked of TypeScript's own language service over the sources. */
// @needs time

import { resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const HEAD = `import { at, type CodiModel, hook, site, zero } from "../../src/index.js";
declare const model: CodiModel;
const swept = () =>
  model.sweep([], { over: { layer: [0, 4], latent: [1, 3] }, do: () => null, measure: ["kl", "correct"], controls: ["identity"] });
`;

/** Scripts by what is being written; `|` is where the cursor stands. */
const SCRIPTS = {
  "sites of a block": "site.block(8).|",
  "sites of its attention": "site.block(8).attn.|",
  "hover on a site": "site.block(8).resid|Post",
  "hover on a site of attention": "site.everyBlock.attn.pat|tern",
  addresses: "at.|",
  capture: 'model.run("", { capture: ["|"] })',
  "site of a hook": 'hook("|")',
  "site of a hook that is there": 'hook("|", at.bot, () => undefined)',
  "site of an operation": 'zero("|")',
  "options of an operation": "zero(site.block(8).residPost, at.bot, { | })",
  "options of a sweep": "model.sweep([], { | })",
  "axes in do": "model.sweep([], { over: { layer: [0], latent: [1] }, do: ({ | }) => null })",
  measure: 'model.sweep([], { over: { layer: [0] }, do: () => null, measure: ["|"] })',
  controls: 'model.sweep([], { over: { layer: [0] }, do: () => null, controls: ["|"] })',
  "axes of a cell": "swept().then((result) => result.at({ | }))",
  "values of an axis": "swept().then((result) => result.at({ layer: | }))",
  "measures of a sweep": 'swept().then((result) => result.mean("|"))',
  "controls of a sweep": 'swept().then((result) => result.controls["|"])',
  "misspelt site": "site.block(8).residPots|",
  "misspelt address": "at.latnet|(2)",
  "misspelt option": 'model.run("", { captures|: [] })',
  "misspelt field of a condition": 'model.runConditions([], [{ name: "", interventions: [], hook|: [] }])',
  "misspelt measure": 'model.sweep([], { over: { layer: [0] }, do: () => null, measure: ["corect|"] })',
  "misspelt control": 'model.sweep([], { over: { layer: [0] }, do: () => null, controls: ["identiy|"] })',
  "misspelt field of a sweep": "model.sweep([], { over: { layer: [0] }, do: () => null, measures|: [] })",
  "misspelt axis": "swept().then((result) => result.at({ layr|: 4, latent: 1 }))",
  "misspelt text of a site": 'hook("blocks.8.hook_resid_pots|", at.bot, () => undefined)',
  "plain text": 'model.run("", { capture: ["blocks.8." + "hook_z|"], interventions: ["zero:hook_embed@bot"] })',
} as const;
type Script = keyof typeof SCRIPTS;

const cursors = new Map<Script, number>();
const texts = new Map<string, string>();
for (const [name, script] of Object.entries(SCRIPTS) as [Script, string][]) {
  cursors.set(name, HEAD.length + script.indexOf("|"));
  texts.set(fileOf(name), HEAD + script.replace("|", ""));
}

function fileOf(name: Script): string {
  return resolve("test/types", `${name.replaceAll(" ", "-")}.virtual.ts`);
}

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, process.cwd());
const service = ts.createLanguageService({
  readFile: ts.sys.readFile,
  readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  fileExists: (file) => texts.has(file) || ts.sys.fileExists(file),
  getCompilationSettings: () => options,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  getScriptFileNames: () => [...texts.keys()],
  getScriptVersion: () => "1",
  getScriptSnapshot: (file) => {
    const text = texts.get(file) ?? ts.sys.readFile(file);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => process.cwd(),
});

function placeOf(name: Script): [string, number] {
  return [fileOf(name), cursors.get(name) ?? Number.NaN];
}

function completions(name: Script): string[] {
  return service.getCompletionsAtPosition(...placeOf(name), {})?.entries.map((each) => each.name) ?? [];
}

function documentation(name: Script, entry: string): string {
  const details = service.getCompletionEntryDetails(...placeOf(name), entry, {}, undefined, {}, undefined);
  return ts.displayPartsToString(details?.documentation);
}

function hover(name: Script): { readonly type: string; readonly text: string } {
  const info = service.getQuickInfoAtPosition(...placeOf(name));
  return { type: ts.displayPartsToString(info?.displayParts), text: ts.displayPartsToString(info?.documentation) };
}

function errors(name: Script): string[] {
  const found = service.getSemanticDiagnostics(fileOf(name));
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

const EVERY_BLOCK = ["blocks.*.hook_resid_post", "blocks.*.attn.hook_z", "blocks.*.mlp.hook_post"];
const OUTSIDE = ["hook_embed", "latents.hook_input", "prj.hook_post", "ln_final.hook_normalized", "hook_logits"];

test("sites complete with what they mean, and hover shows their text", () => {
  expect(completions("sites of a block").sort()).toEqual(
    ["attn", "attnOut", "ln1", "ln2", "mlp", "mlpOut", "residMid", "residPost", "residPre"].sort(),
  );
  expect(documentation("sites of a block", "residPost")).toContain("output of the block; hidden_states[L+1]");
  expect(completions("sites of its attention")).toEqual(expect.arrayContaining(["pattern", "q", "rotK", "z"]));
  expect(documentation("sites of its attention", "pattern")).toContain("softmax of the masked scores");
  expect(hover("hover on a site").type).toContain('residPost: "blocks.8.hook_resid_post"');
  expect(hover("hover on a site").text).toContain("output of the block");
  expect(hover("hover on a site of attention").type).toContain('pattern: "blocks.*.attn.hook_pattern"');
  expect(hover("hover on a site of attention").text).toContain("rows sum to 1");
  expect(completions("addresses")).toEqual(expect.arrayContaining(["all", "beforeNumber", "bot", "eot", "latent"]));
});

test("names in quotes complete: those outside the blocks, and of every block where a run may name them", () => {
  for (const script of ["capture", "site of an operation"] as const)
    expect(completions(script), script).toEqual(expect.arrayContaining([...OUTSIDE, ...EVERY_BLOCK]));
  for (const script of ["site of a hook", "site of a hook that is there"] as const)
    expect(completions(script), script).toEqual(expect.arrayContaining(OUTSIDE));
  expect(completions("options of an operation").sort()).toEqual(["dims", "head", "keys", "pin"]);
});

test("a sweep completes with its fields, axes, values and measures", () => {
  expect(completions("options of a sweep")).toEqual(
    expect.arrayContaining(["controls", "do", "measure", "out", "over"]),
  );
  expect(completions("axes in do").sort()).toEqual(["latent", "layer"]);
  expect(completions("measure")).toEqual(
    expect.arrayContaining(["correct", "deltaLogProb", "kl", "logProb", "margin"]),
  );
  expect(completions("controls").sort()).toEqual(["identity", "random direction"]);
  expect(completions("axes of a cell").sort()).toEqual(["latent", "layer"]);
  expect(completions("values of an axis")).toEqual(expect.arrayContaining(["0", "4"]));
  expect(completions("measures of a sweep").sort()).toEqual(["correct", "kl"]);
  expect(completions("controls of a sweep")).toEqual(["identity"]);
});

test.each([
  ["misspelt site", "Did you mean 'residPost'?"],
  ["misspelt address", "Did you mean 'latent'?"],
  ["misspelt option", "Did you mean to write 'capture'?"],
  ["misspelt field of a condition", "Did you mean to write 'hooks'?"],
  ["misspelt measure", "Did you mean '\"correct\"'?"],
  ["misspelt control", "Did you mean '\"identity\"'?"],
  ["misspelt field of a sweep", "Did you mean to write 'measure'?"],
  ["misspelt axis", "Did you mean to write 'layer'?"],
] as const)("%s: the error names the nearest", (script, nearest) => {
  expect(errors(script)).toEqual([expect.stringContaining(nearest)]);
});

test("a text that is no site does not compile in a hook; what is put together as text compiles", () => {
  expect(errors("misspelt text of a site")).toEqual([expect.stringContaining("not assignable to parameter of type")]);
  expect(errors("plain text")).toEqual([]);
});
