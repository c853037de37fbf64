/** What is done at a site, as data (zod) and as text: `zero`, `add(direction,2)`, `project(out,basis)`. */

import { z } from "zod";
import { formatAddress, parseAddress, parseAddresses } from "./address.js";
import { addressesText } from "./scope.js";

/** One address as text. */
export const addressText = z.string().refine((text) => {
  parseAddress(text);
  return true;
});

const name = z.string().min(1);
/** Of operations with several arguments: a name that can be told from the next argument. */
const plainName = z.string().regex(/^[^(),\s]+$/, "a name without spaces, commas and parentheses was wanted");
const added = name.refine(
  (ref) => scaleOf(ref) === null,
  "a name that does not end in a comma and a number was wanted",
);

/** Every operation. */
export const operationSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("zero") }),
  z.strictObject({ kind: z.literal("mean") }),
  z.strictObject({ kind: z.literal("resample") }),
  z.strictObject({ kind: z.literal("noise"), sigma: z.number().positive() }),
  z.strictObject({ kind: z.literal("shuffle") }),
  z.strictObject({ kind: z.literal("random") }),
  z.strictObject({ kind: z.literal("add"), ref: added, scale: z.number().exactOptional() }),
  z.strictObject({ kind: z.literal("scale"), factor: z.number() }),
  z.strictObject({ kind: z.literal("replace"), ref: name }),
  z.strictObject({ kind: z.literal("patch"), from: name, head: z.int().nonnegative().nullable() }),
  z.strictObject({ kind: z.literal("knockout"), from: addressText, to: addressesText, renormalise: z.boolean() }),
  z.strictObject({ kind: z.literal("project"), how: z.enum(["out", "onto"]), ref: plainName }),
  z.strictObject({ kind: z.literal("swap"), ref: plainName, from: plainName }),
]);

/** What is done at the site. */
export type Operation = z.infer<typeof operationSchema>;

/** Names of all operations. */
export const OPERATIONS: readonly Operation["kind"][] = operationSchema.options.map(({ shape }) => shape.kind.value);

/** @returns the text that `parseOperation` reads. */
export function formatOperation(operation: Operation): string {
  switch (operation.kind) {
    case "zero":
    case "mean":
    case "resample":
    case "shuffle":
    case "random":
      return operation.kind;
    case "noise":
      return `noise(${operation.sigma})`;
    case "scale":
      return `scale(${operation.factor})`;
    case "add":
      return `add(${operation.ref}${operation.scale === undefined ? "" : `,${operation.scale}`})`;
    case "replace":
      return `replace(${operation.ref})`;
    case "patch":
      return `patch(${operation.from}${operation.head === null ? "" : `,head.${operation.head}`})`;
    case "knockout":
      return `knockout(${operation.from}→${operation.to}${operation.renormalise ? "" : ",raw"})`;
    case "project":
      return `project(${operation.how},${operation.ref})`;
    case "swap":
      return `swap(${operation.ref},${operation.from})`;
  }
}

/** An operation's text taken apart, and what makes the error of what is wrong with it. */
export interface OperationText {
  readonly name: string;
  /** Between the parentheses; undefined without them. */
  readonly argument: string | undefined;
  readonly fail: (why: string) => Error;
}

/** Reads an operation's text. */
export function parseOperation({ name, argument, fail }: OperationText): Operation {
  const text = argument?.trim() ?? "";
  switch (name) {
    case "zero":
    case "mean":
    case "resample":
    case "shuffle":
    case "random":
      if (argument !== undefined) throw fail(`${name} takes no argument`);
      return { kind: name };
    case "noise": {
      const sigma = numberOf(text, fail);
      if (sigma <= 0) throw fail(`the number "${text}" is not usable`);
      return { kind: "noise", sigma };
    }
    case "scale":
      return { kind: "scale", factor: numberOf(text, fail) };
    case "add":
      return parseAdd(text, fail);
    case "replace":
      if (text === "") throw fail("replace needs a reference, as in replace(name)");
      return { kind: "replace", ref: text };
    case "patch":
      return parsePatch(text, fail);
    case "knockout":
      return parseKnockout(text, fail);
    case "project":
      return parseProject(text, fail);
    case "swap":
      return parseSwap(text, fail);
    default:
      throw fail(`unknown operation "${name}" (${OPERATIONS.join(", ")})`);
  }
}

/** `dir,2` taken apart; null without a number at the end. */
function scaleOf(text: string): { readonly ref: string; readonly scale: number } | null {
  const [, ref = "", digits = ""] = /^(.*[^\s,])\s*,\s*([^\s,]+)$/.exec(text) ?? [];
  const scale = Number(digits);
  return ref === "" || !Number.isFinite(scale) ? null : { ref, scale };
}

function parseAdd(text: string, fail: OperationText["fail"]): Operation {
  if (text === "") throw fail("add needs a reference, as in add(name) or add(name,2)");
  const scaled = scaleOf(text);
  if (scaled === null) return { kind: "add", ref: text };
  if (scaleOf(scaled.ref) !== null) throw fail(`add takes a name and one number, found "${text}"`);
  return { kind: "add", ...scaled };
}

function parsePatch(text: string, fail: OperationText["fail"]): Operation {
  const match = /^([\w-]+)(?:,\s*head\.(\d{1,4}))?$/.exec(text);
  if (match === null)
    throw fail("a patch needs the name of a run, as in patch(counterfactual) or patch(counterfactual,head.3)");
  const [, from = "", head] = match;
  return { kind: "patch", from, head: head === undefined ? null : Number(head) };
}

function parseKnockout(text: string, fail: OperationText["fail"]): Operation {
  const match = /^([a-z.\d]+)\s*(?:→|->)\s*([a-z.\d+]+)(?:,\s*(raw))?$/.exec(text);
  if (match === null) throw fail("a knockout needs (from→to), query first, as in knockout(eot→latent.2)");
  const [, from = "", to = "", raw] = match;
  return {
    kind: "knockout",
    from: formatAddress(parseAddress(from)),
    to: parseAddresses(to).map(formatAddress).join("+"),
    renormalise: raw === undefined,
  };
}

function parseProject(text: string, fail: OperationText["fail"]): Operation {
  const [, how, ref] = /^(out|onto)\s*,\s*([^(),\s]+)$/.exec(text) ?? [];
  if (ref === undefined)
    throw fail("a projection needs out or onto and the name of a subspace, as in project(out,basis)");
  return { kind: "project", how: how === "out" ? "out" : "onto", ref };
}

function parseSwap(text: string, fail: OperationText["fail"]): Operation {
  const [, ref, from] = /^([^(),\s]+)\s*,\s*([^(),\s]+)$/.exec(text) ?? [];
  if (ref === undefined || from === undefined)
    throw fail("a swap needs the names of a subspace and of a run, as in swap(basis,counterfactual)");
  return { kind: "swap", ref, from };
}

function numberOf(text: string, fail: OperationText["fail"]): number {
  const value = text === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw fail(`the number "${text}" is not usable`);
  return value;
}
