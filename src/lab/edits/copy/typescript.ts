/** "Copy as TypeScript": a program on `codilens` that runs as it stands, as `.mjs` and as `.ts`. */

import {
  activeEdits,
  type Edit,
  type EditTarget,
  type LabFacts,
  type LabState,
  type SavedDirection,
  type ValueTarget,
} from "../edit.js";
import { toRun } from "../to-run.js";
import { addressCode, code, list, offComment, siteCode } from "./code.js";

/** @throws UsageError for an edit that cannot be run with this model. */
export function asTypeScript(state: LabState, facts: LabFacts): string {
  const { sources, directions, reference, seed } = toRun(state, facts);
  const edits = activeEdits(state);
  const names = new Map(Object.entries(sources).map(([name, { question }]) => [question, name]));
  const runs = Object.entries(sources).map(
    ([name, { question, capture }]) =>
      `const ${name} = await model.run(${code(question)}, { capture: [${capture.map(code).join(", ")}] });`,
  );
  const vectors = Object.entries(directions).flatMap(([name, saved]) => directionLines(variable(name), saved));
  const written = edits.map((edit) => editCode(edit, names));
  const { maxNewTokens: limit } = facts.load;
  const options = [
    ...(limit === undefined ? [] : [`maxNewTokens: ${limit}`]),
    "interventions",
    ...(reference.length === 0 ? [] : ["reference"]),
    ...(edits.some(({ operation }) => operation.kind === "noise") ? [`seed: ${seed}`] : []),
  ];
  return [
    `/** A question to ${facts.model}, answered without and with edits of its latents that were made by hand. */`,
    "",
    `import { ${importsOf(className(facts), edits.length === 0 ? "" : [...vectors, ...written].join("\n"))} } from "codilens";`,
    ...protocolImport(facts),
    "",
    `const question = ${code(state.question)};`,
    `const model = await ${className(facts)}.load(${code(facts.model)}${loadCode(facts)});`,
    ...commented("What the edits read of other questions.", runs),
    ...commented("Saved directions.", vectors),
    ...(reference.length === 0 ? [] : list(reference.map(code), { before: "const reference = [", after: "];" })),
    "",
    ...offComment(state),
    ...list(written, { before: "const interventions = [", after: "];" }),
    `const clean = await model.run(question${limit === undefined ? "" : `, { maxNewTokens: ${limit} }`});`,
    `const edited = await model.run(question, { ${options.join(", ")} });`,
    "",
    "for (const [name, { answer }] of Object.entries({ clean, edited })) {",
    "  console.log(name, answer.text);",
    "  for (const { text, logProb } of answer.tokens) console.log(' ', JSON.stringify(text), Math.exp(logProb));",
    "}",
    "model.dispose();",
    "",
  ].join("\n");
}

/** The face of a model: what is not fed back through a projection is no CODI. */
function className({ feedback }: LabFacts): "CodiModel" | "LatentModel" {
  return feedback === "projection" ? "CodiModel" : "LatentModel";
}

function protocolImport({ load: { protocolFile } }: LabFacts): string[] {
  if (protocolFile === undefined) return [];
  const name = protocolFile.exported === "default" ? "protocol" : "{ protocol }";
  return [`import ${name} from ${code(protocolFile.file)};`];
}

/** The options of its load. */
function loadCode({ load: { base, protocol, latents, protocolFile } }: LabFacts): string {
  const options = [
    ...(base === undefined ? [] : [`base: ${code(base)}`]),
    ...(protocolFile !== undefined ? ["protocol"] : protocol === undefined ? [] : [`protocol: ${code(protocol)}`]),
    ...(latents === undefined ? [] : [`latents: ${latents}`]),
  ];
  return options.length === 0 ? "" : `, { ${options.join(", ")} }`;
}

const IMPORTS = ["add", "at", "knockout", "mean", "noise", "patch", "scale", "site", "zero"];

function importsOf(model: string, text: string): string {
  const used = (name: string): boolean => new RegExp(`(?<![\\w."])${name}[(.]`).test(text);
  return [...IMPORTS.filter(used), model].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(", ");
}

function commented(comment: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`// ${comment}`, ...lines];
}

/** A direction's name as a variable that nothing else has: `more-pens` → `more$pens$direction`. */
function variable(name: string): string {
  return `${name.replace(/-/g, () => "$")}$direction`;
}

function directionLines(name: string, saved: SavedDirection): string[] {
  if (saved.kind === "vector") return list([saved.numbers.join(", ")], { before: `const ${name} = [`, after: "];" });
  const { target, question, minus } = saved;
  const value = (asked: string): string =>
    `(await model.run(${code(asked)}, { capture: [${siteCode(target)}] })).captures.at(${siteCode(target)}, ${addressCode(`latent.${target.latent}`)})`;
  return [`const ${name} = ${value(question)}`, `  .minus(${value(minus)})${headCode(target)};`];
}

function headCode(target: ValueTarget): string {
  return target.kind === "head" ? `\n  .at("heads", ${target.head})` : "";
}

function editCode({ target, operation }: Edit, names: ReadonlyMap<string, string>): string {
  const head = target.kind === "cell" || target.head === null ? [] : [`head: ${target.head}`];
  if (target.kind === "edge")
    return called(target, { name: "knockout", options: [`keys: ${addressCode(target.key)}`, ...head] });
  switch (operation.kind) {
    case "noise":
      return called(target, { name: "noise", options: [`sigma: ${operation.sigma}`, ...head] });
    case "scale":
      return called(target, { name: "scale", options: [`by: ${operation.by}`, ...head] });
    case "steer":
      return called(target, {
        name: "add",
        options: [`vector: ${variable(operation.direction)}`, `scale: ${operation.scale}`, ...head],
      });
    case "other":
    case "patch":
      return called(target, { name: "patch", options: [`run: ${names.get(operation.question) ?? ""}`, ...head] });
    default:
      return called(target, { name: operation.kind, options: head });
  }
}

function called(
  target: EditTarget,
  { name, options }: { readonly name: string; readonly options: readonly string[] },
): string {
  const address = target.kind === "edge" ? target.query : `latent.${target.latent}`;
  const bag = options.length === 0 ? "" : `, { ${options.join(", ")} }`;
  return `${name}(${siteCode(target)}, ${addressCode(address)}${bag})`;
}
