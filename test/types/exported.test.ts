/** Whatever type a public signature shows can be imported from the same entry, and everything exported says what it is. */
// @needs build, time

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
};
const entries = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === "string" ? [] : [{ name: `codilens${name.slice(1)}`, file: resolve(target.types) }],
);
const program = ts.createProgram(
  entries.map(({ file }) => file),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ["node"],
    skipLibCheck: true,
  },
);
const checker = program.getTypeChecker();

function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function exportsOf(file: string): ts.Symbol[] {
  const source = program.getSourceFile(file);
  const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  return symbol === undefined ? [] : checker.getExportsOfModule(symbol);
}

/** Does the file that declares it export it? What it does not has no name to import, and counts as what it is made of. */
function isNamed(symbol: ts.Symbol): boolean {
  const [made] = symbol.declarations ?? [];
  const holder = made === undefined ? undefined : checker.getSymbolAtLocation(made.getSourceFile());
  return holder === undefined || checker.getExportsOfModule(holder).some((each) => resolved(each) === symbol);
}

/** The classes that a class extends. */
function basesOf(symbol: ts.Symbol): ts.Symbol[] {
  if (!(symbol.flags & ts.SymbolFlags.Class)) return [];
  const bases = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType);
  return bases.flatMap(({ symbol: base }) => (base === undefined ? [] : [base, ...basesOf(base)]));
}

const isOurs = ({ declarations = [] }: ts.Symbol): boolean =>
  declarations.length > 0 && declarations.every((made) => made.getSourceFile().fileName.startsWith(resolve("dist")));

/** Names of types in the declarations of a symbol, with those that a class inherits. */
function typesShown(symbol: ts.Symbol): ts.Symbol[] {
  const shown = new Set<ts.Symbol>();
  const visit = (node: ts.Node): void => {
    if (ts.isHeritageClause(node) && ts.isClassDeclaration(node.parent)) {
      // A class has the members of the one that it extends, whose own name nobody needs.
      for (const { expression } of node.types) {
        const base = checker.getSymbolAtLocation(expression);
        if (base !== undefined && isOurs(resolved(base))) resolved(base).declarations?.forEach(visit);
      }
      for (const { typeArguments = [] } of node.types) typeArguments.forEach(visit);
      return;
    }
    if (
      ts.canHaveModifiers(node) &&
      ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.NonPublicAccessibilityModifier
    )
      return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : ts.isImportTypeNode(node)
          ? node.qualifier
          : undefined;
    const found = name === undefined ? undefined : checker.getSymbolAtLocation(name);
    const type = found === undefined ? undefined : resolved(found);
    if (type !== undefined && !shown.has(type)) {
      shown.add(type);
      if (isOurs(type) && !isNamed(type)) type.declarations?.forEach(visit);
    }
    ts.forEachChild(node, visit);
  };
  symbol.declarations?.forEach(visit);
  return [...shown].filter((each) => isOurs(each) && isNamed(each) && !(each.flags & ts.SymbolFlags.TypeParameter));
}

describe("what an entry exports", () => {
  for (const { name, file } of entries) {
    const exported = exportsOf(file);
    // The entries for Node share types: what another of them exports is imported from there. A page has its own entry only.
    const shared = name === "codilens/browser" ? [] : entries.flatMap((each) => exportsOf(each.file));
    const known = new Set([...exported, ...shared].map(resolved).flatMap((each) => [each, ...basesOf(each)]));

    test(`${name}: every type that a signature shows is exported`, () => {
      expect(exported.length).toBeGreaterThan(5);
      const missing = exported.flatMap((each) =>
        typesShown(resolved(each)).flatMap((shown) => (known.has(shown) ? [] : [`${shown.name} (${each.name})`])),
      );
      expect([...new Set(missing)].sort()).toEqual([]);
    });

    test(`${name}: everything exported says what it is`, () => {
      const bare = exported.filter((each) => {
        const symbol = resolved(each);
        if (!isOurs(symbol)) return false;
        return (
          ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() === "" &&
          symbol.getJsDocTags(checker).length === 0
        );
      });
      expect(bare.map((each) => each.name)).toEqual([]);
    });
  }
});
