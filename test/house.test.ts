/** How functions take what they need: at most two arguments by position, then one bag of at most ten fields. */
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
      return statSync(path).isDirectory() ? walk(path) : path.endsWith(".ts") ? [path] : [];
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

function takesTooMany({ parameters }: Named): boolean {
  const [, , third] = parameters;
  return parameters.length > 3 || (third !== undefined && !isBag(third));
}

/** By room, how many functions still take more; a number only gets smaller. */
const STILL_BY_POSITION: Readonly<Record<string, number>> = {
  analysis: 3,
  "analysis/comparison": 9,
  "analysis/latex": 2,
  "analysis/main": 8,
  "analysis/page": 10,
  "analysis/report": 2,
  base: 7,
  cli: 4,
  disk: 1,
  exhibits: 3,
  experiments: 40,
  hub: 13,
  model: 1,
  "model/checkpoint": 41,
  "model/decoder": 14,
  "model/hooks": 11,
  "model/latent": 75,
  "model/tensor": 14,
  "model/tokenizer": 3,
  statistics: 32,
  studies: 7,
  "studies/attention": 1,
  "studies/baseline": 1,
  "studies/corruption": 1,
  "studies/lens": 10,
  "studies/patching": 12,
  "studies/question-to-latent": 1,
  "studies/residual": 3,
  "studies/shared": 2,
  "studies/token-ablation": 1,
  weights: 5,
};

test("a function takes at most two arguments by position, then one bag", () => {
  const found = new Map<string, string[]>();
  for (const [file, source] of sources)
    for (const { name, made } of namedFunctions(source))
      if (takesTooMany(made)) found.set(roomOf(file), [...(found.get(roomOf(file)) ?? []), `${file} ${name}`]);
  expect([...found.values()].flat().length).toBeGreaterThan(0);
  const more = [...found].filter(([room, names]) => names.length > (STILL_BY_POSITION[room] ?? 0));
  expect(Object.fromEntries(more)).toEqual({});
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
  "RunOptions",
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
