/** What a TypeScript or JavaScript file of this repository imports, read from its syntax. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";

const EXTENSIONS = [
  [/\.js$/, ".ts"],
  [/\.js$/, ".tsx"],
  [/\.mjs$/, ".mts"],
];

/** All imports of a file; `target` is a path from the repository's root, or a package's name. */
export function importsOf(file) {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found = [];
  const note = (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    found.push({ file, line, target: resolved(file, specifier.text), typeOnly: isTypeOnly(node), kind: kindOf(node) });
  };
  const visit = (node) => {
    note(node);
    ts.forEachChild(node, visit);
  };
  // Only an import on demand lies deeper than the statements of the file.
  for (const statement of source.statements) (/\bimport\s*\(/.test(text) ? visit : note)(statement);
  return found;
}

/** All that some files reach by value, directly or not: files of the repository and names of packages. */
export function reachedFrom(...starts) {
  const reached = new Set();
  const reach = (target) => {
    if (reached.has(target)) return;
    reached.add(target);
    if (!/\.(?:m?[jt]s|tsx)$/.test(target) || !existsSync(target)) return;
    for (const each of cached(target)) if (!each.typeOnly) reach(each.target);
  };
  for (const file of starts) reach(file);
  return reached;
}

const known = new Map();

function cached(file) {
  if (!known.has(file)) known.set(file, importsOf(file));
  return known.get(file);
}

function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic ? withoutType(node.arguments[0]) : undefined;
}

function kindOf(node) {
  if (ts.isImportDeclaration(node)) return "import";
  return ts.isExportDeclaration(node) ? "export" : "on demand";
}

/** `import("…" as string)` loads the same file as `import("…")`. */
function withoutType(node) {
  return node !== undefined && ts.isAsExpression(node) ? node.expression : node;
}

function isTypeOnly(node) {
  return (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly === true) || node.isTypeOnly === true;
}

/** The source behind a path: `./a.js` is `a.ts` where that is the file that is there. */
function resolved(file, specifier) {
  if (!specifier.startsWith(".")) return specifier;
  const path = normalize(join(dirname(file), specifier));
  const sources = EXTENSIONS.filter(([end]) => end.test(path)).map(([end, source]) => path.replace(end, source));
  return sources.find((each) => existsSync(each)) ?? path;
}
