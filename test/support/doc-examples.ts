/** The examples of the documentation as programs: those of public docstrings, and the fenced code of Markdown pages. */

import { readFileSync } from "node:fs";
import ts from "typescript";

/** One example as it stands in the documentation. */
export interface DocExample {
  /** Where it stands: `codilens zero`, `docs/sweep.md`. */
  readonly place: string;
  /** The module whose names it may use without an import. */
  readonly module: string;
  readonly code: string;
}

/** Something public that should have an example. */
export interface PublicName {
  /** `codilens`, `codilens/statistics`. */
  readonly module: string;
  /** `zero`; `CodiModel.run` for a method. */
  readonly name: string;
  readonly kind: "function" | "class" | "method" | "constant";
  readonly doc: string;
  readonly examples: readonly string[];
}

/** @returns every value that the entries export, with the public methods of classes, and what their docstrings show. */
export function publicNames(entries: ReadonlyMap<string, string>): PublicName[] {
  const config = ts.readConfigFile("tsconfig.json", (file) => ts.sys.readFile(file)).config as object;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
  const program = ts.createProgram([...entries.values()], options);
  const checker = program.getTypeChecker();
  return [...entries].flatMap(([module, file]) => {
    const source = program.getSourceFile(file);
    const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    if (symbol === undefined) throw new RangeError(`${file} exports nothing`);
    // A second name of the same class has the same examples.
    const seen = new Set<ts.Symbol>();
    return checker.getExportsOfModule(symbol).flatMap((each) => {
      const own = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each;
      if (seen.has(own)) return [];
      seen.add(own);
      return namesOf(checker, module, each);
    });
  });
}

function namesOf(checker: ts.TypeChecker, module: string, exported: ts.Symbol): PublicName[] {
  if (exported.declarations?.some((made) => ts.isExportSpecifier(made) && isForTypes(made)) === true) return [];
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const { name } = exported;
  if (symbol.flags & ts.SymbolFlags.Class) {
    const members = [
      ...checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)),
      ...(symbol.exports?.values() ?? []),
    ].filter(isPublicMethod);
    const methods = members.map((member) => ({ ...described(checker, member), name: `${name}.${member.name}` }));
    return [
      { module, name, kind: "class", ...described(checker, symbol) },
      ...methods.map((each) => ({ module, kind: "method" as const, ...each })),
    ];
  }
  if (symbol.flags & ts.SymbolFlags.Function)
    return [{ module, name, kind: "function", ...described(checker, symbol) }];
  if (symbol.flags & ts.SymbolFlags.Value) return [{ module, name, kind: "constant", ...described(checker, symbol) }];
  return [];
}

function isForTypes(made: ts.ExportSpecifier): boolean {
  return made.isTypeOnly || made.parent.parent.isTypeOnly;
}

function isPublicMethod(member: ts.Symbol): boolean {
  if (!(member.flags & ts.SymbolFlags.Method)) return false;
  return (member.declarations ?? []).every((made) => {
    // Those of Error and Array are not ours to document.
    if (made.getSourceFile().isDeclarationFile) return false;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    const isInternal = ts.getJSDocTags(made).some(({ tagName }) => tagName.text === "internal");
    const named = (made as ts.MethodDeclaration).name;
    return (ts.getCombinedModifierFlags(made) & hidden) === 0 && ts.isIdentifier(named) && !isInternal;
  });
}

function described(checker: ts.TypeChecker, symbol: ts.Symbol): Pick<PublicName, "doc" | "examples"> {
  const tags = symbol.getJsDocTags(checker).filter(({ name }) => name === "example");
  return {
    doc: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    examples: tags.map(({ text }) => ts.displayPartsToString(text)),
  };
}

/** The code of a docstring's example: what its fence holds, or the whole of a line without a fence. */
export function codeOf(example: string): string {
  const [, fenced] = /```(?:ts|js)\n([\s\S]*?)```/.exec(example) ?? [];
  return (fenced ?? example).trim();
}

/**
 * The code of a page's fences in the order in which a reader meets them, as one program: a later one may use what an earlier one made.
 * What exports something is a file of its own and is left out.
 */
export function pageExample(file: string): DocExample | null {
  const fences = [...readFileSync(file, "utf8").matchAll(/^```(?:ts|js|mjs)\n([\s\S]*?)^```/gm)].map(
    ([, code = ""]) => code,
  );
  const parts = fences.filter((code) => !/^export /m.test(code) && !/^\/\/ @needs /.test(code));
  return parts.length === 0 ? null : { place: file, module: "codilens", code: parts.join("\n") };
}

/** Names that an example uses out of those that it could import. */
export function namesUsed(code: string, names: readonly string[]): string[] {
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isDeclared =
        (ts.isVariableDeclaration(parent) || ts.isFunctionDeclaration(parent) || ts.isBindingElement(parent)) &&
        parent.name === node;
      const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
      const isKey = ts.isPropertyAssignment(parent) && parent.name === node;
      if (isDeclared || ts.isImportSpecifier(parent)) declared.add(node.text);
      else if (!isMember && !isKey) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names.filter((name) => used.has(name) && !declared.has(name));
}

const SHOWN = /^(\s*)(?!\/\/)(.*?)\s*\/\/ → (.*)$/;

/** An example's lines, in which each `EXPRESSION; // → TEXT` is checked. */
export function checkedLines(code: string): string {
  return code
    .split("\n")
    .map((line) => {
      const [, indent = "", statement = "", text = ""] = SHOWN.exec(line) ?? [];
      if (text === "") return line;
      const bare = statement.replace(/;$/, "");
      const [, name] = /^(?:const|let|using|await using) (\w+)/.exec(bare) ?? [];
      const wanted = JSON.stringify(text);
      return name === undefined
        ? `${indent}check(${bare}, ${wanted});`
        : `${indent}${bare}; check(${name}, ${wanted});`;
    })
    .join("\n");
}

/**
 * The program of an example: a module whose one function runs it.
 *
 * @param namesOf what a module exports; what the example's own does not have comes from the others.
 */
export function programOf({ module, code }: DocExample, namesOf: (module: string) => readonly string[]): string {
  const imports = [...code.matchAll(/^import [\s\S]*?;$/gm)].map(([text]) => text);
  const body = imports.reduce((rest, text) => rest.replace(text, ""), code);
  const elsewhere = ["codilens", "codilens/analysis", "codilens/statistics"].filter((each) => each !== module);
  const modules = [module, ...elsewhere];
  const found = new Map(modules.map((each) => [each, [] as string[]]));
  for (const name of namesUsed(code, [...new Set(modules.flatMap(namesOf))]))
    found.get(modules.find((each) => namesOf(each).includes(name)) ?? module)?.push(name);
  return [
    'import { scope } from "./scope.mjs";',
    ...[...found].flatMap(([from, some]) =>
      some.length === 0 ? [] : [`import { ${some.join(", ")} } from "${from}";`],
    ),
    ...imports,
    "export async function run() {",
    "const { check } = scope;",
    ...["model", "question", "problems", "dir", "saeDir"]
      .filter((name) => namesUsed(body, [name]).length > 0)
      .map((name) => `const { ${name} } = scope;`),
    checkedLines(body),
    "}",
    "",
  ].join("\n");
}
