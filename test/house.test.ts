/** How functions take what they need: at most three arguments, of which the third is best a bag of at most ten fields (docs/adr/013-arguments.md). */
// @needs nothing

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const sources = new Map(
  walk("src").map((file) => [
    file,
    ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true),
  ]),
);

function walk(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? walk(path) : /\.tsx?$/.test(path) ? [path] : [];
    });
}

function nodesOf<T extends ts.Node>(source: ts.SourceFile, is: (node: ts.Node) => node is T): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node): void => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const MOST_ARGUMENTS = 3;

/** Functions that take more, with the reason. */
const LONGER: Readonly<Record<string, string>> = {
  "src/model/hooks/hook.ts hook": "where, where, what, as every library of hooks has it, and then a bag",
  "src/model/tensor/engine.ts executeOp": "declares a function of TensorFlow's binding",
  "src/model/tensor/engine.ts runSavedModel": "declares a function of TensorFlow's binding",
  "src/model/tensor/one-call/recorder.ts executeOp": "stands in for that function and hands its arguments on",
  "src/model/tensor/profile.ts executeOp": "stands in for that function and hands its arguments on",
};

/** The name that a function is declared under; a constructor has its class's. */
function nameOf(made: ts.SignatureDeclaration): string {
  const holder = ts.isConstructorDeclaration(made) || made.name === undefined ? made.parent : made;
  const { name } = holder as { readonly name?: ts.Node };
  return name?.getText() ?? "without a name";
}

test("no function takes more than three arguments", () => {
  const signatures = [...sources].flatMap(([file, source]) =>
    nodesOf(source, ts.isFunctionLike).map((made) => ({ made, place: `${file} ${nameOf(made)}` })),
  );
  expect(signatures.length).toBeGreaterThan(1000);
  const longer = signatures.filter(({ made }) => made.parameters.length > MOST_ARGUMENTS).map(({ place }) => place);
  expect(longer.sort()).toEqual(Object.keys(LONGER).sort());
});

type Named = ts.FunctionDeclaration | ts.MethodDeclaration | ts.ArrowFunction;

/** Functions that have a name; what is handed to another function as it stands has the shape that this one asks for. */
function namedFunctions(source: ts.SourceFile): { readonly name: string; readonly made: Named }[] {
  const isNamed = (node: ts.Node): node is Named =>
    ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isArrowFunction(node);
  return nodesOf(source, isNamed).flatMap((made) => {
    const named = ts.isArrowFunction(made) && ts.isVariableDeclaration(made.parent) ? made.parent.name : made.name;
    return named === undefined || (ts.isArrowFunction(made) && !ts.isVariableDeclaration(made.parent))
      ? []
      : [{ name: named.getText(), made }];
  });
}

const interfaces = [...sources].flatMap(([file, source]) =>
  nodesOf(source, ts.isInterfaceDeclaration).map((made) => ({ file, made, name: made.name.text })),
);
const objects = new Set(interfaces.map(({ name }) => name));

/** Is a parameter a bag: an object of named fields? */
function isBag({ name, type }: ts.ParameterDeclaration): boolean {
  if (ts.isObjectBindingPattern(name)) return true;
  if (type === undefined) return false;
  return ts.isTypeLiteralNode(type) || (ts.isTypeReferenceNode(type) && objects.has(type.typeName.getText()));
}

/** Is a third argument given by position too? */
function takesThirdByPosition({ parameters: [, , third] }: Named): boolean {
  return third !== undefined && !isBag(third);
}

/** By room, how many functions take a third argument by position; a number only gets smaller. */
const STILL_BY_POSITION: Readonly<Record<string, number>> = {
  analysis: 1,
  "analysis/comparison": 5,
  "analysis/latex": 2,
  "analysis/main": 6,
  "analysis/page": 9,
  "analysis/report": 2,
  base: 5,
  cli: 3,
  exhibits: 3,
  experiments: 29,
  hub: 11,
  model: 1,
  "model/checkpoint": 30,
  "model/decoder": 10,
  "model/hooks": 6,
  "model/latent": 44,
  "model/tensor": 7,
  "model/tokenizer": 1,
  statistics: 20,
  studies: 3,
  "studies/attention": 1,
  "studies/baseline": 1,
  "studies/corruption": 1,
  "studies/lens": 5,
  "studies/patching": 9,
  "studies/residual": 2,
  "studies/shared": 2,
  "studies/token-ablation": 1,
  weights: 2,
};

test("a third argument is a bag, but in as many functions as are counted here", () => {
  const found: Record<string, number> = {};
  for (const [file, source] of sources)
    for (const { made } of namedFunctions(source))
      if (takesThirdByPosition(made)) found[roomOf(file)] = (found[roomOf(file)] ?? 0) + 1;
  // Fewer fails as well, so that the number here is lowered with them.
  expect(found).toEqual(STILL_BY_POSITION);
});

/** A study's folder, or the shelf of a large room, stands by itself. */
function roomOf(file: string): string {
  const [, room = "", part = ""] = file.split("/");
  return ["model", "analysis", "studies"].includes(room) && !part.endsWith(".ts") ? `${room}/${part}` : room;
}

const MOST_FIELDS = 10;

/** Bags that are still larger; the list only gets shorter. */
const STILL_LARGE: readonly string[] = [
  "CommonOptions",
  "ConditionOptions",
  "ExperimentOptions",
  "ModelParts",
  "RunBatchOptions",
  "Setup",
];

test("a bag has at most ten fields", () => {
  const fieldsOf = (name: string, seen: readonly string[] = []): number => {
    const own = interfaces.find((each) => each.name === name)?.made;
    if (own === undefined || seen.includes(name)) return 0;
    const above = (own.heritageClauses ?? []).flatMap(({ types }) =>
      types.map(({ expression }) => expression.getText()),
    );
    return own.members.length + above.reduce((sum, each) => sum + fieldsOf(each, [...seen, name]), 0);
  };
  const bags = interfaces.filter(({ name }) => /(?:Options|Input|Parts|Setup|Head|Sources|Flags)$/.test(name));
  expect(bags.length).toBeGreaterThan(20);
  const large = bags.filter(({ name }) => fieldsOf(name) > MOST_FIELDS && !STILL_LARGE.includes(name));
  expect(large.map(({ file, name }) => `${file} ${name} ${fieldsOf(name)}`)).toEqual([]);
});
