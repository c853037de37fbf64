/** The part of a site's values that an operation acts on: one head, some dimensions, some keys of a pattern. As data and as text. */

import { z } from "zod";
import { parseAddresses } from "./address.js";

/** Several addresses joined by `+`. */
export const addressesText = z.string().refine((text) => {
  parseAddresses(text);
  return true;
});

const MOST_DIMS = 2 ** 20;
const place = z.int().nonnegative().max(MOST_DIMS);

/** Which values of each addressed position are in scope; what is left out is not narrowed. At least one field. */
export const scopeSchema = z
  .strictObject({
    /** Number of a head, from 0. */
    head: place.exactOptional(),
    /** Places on the site's last axis, ascending and each once. */
    dims: z
      .array(place)
      .min(1)
      .refine(
        (dims) => dims.every((dim, i) => i === 0 || dim > (dims[i - 1] ?? dim)),
        "dims ascending, each once, were wanted",
      )
      .exactOptional(),
    /** Of scores and patterns: positions on the key axis, joined by `+`. */
    keys: addressesText.exactOptional(),
  })
  .refine((scope) => Object.keys(scope).length > 0, "a scope with head, dims or keys was wanted");

/** Which values of each addressed position an operation acts on. */
export type Scope = z.infer<typeof scopeSchema>;

/** `[head.3,dims.0-15+40,keys.latent.0+latent.1]`, or nothing for a whole site. */
export function formatScope({ head, dims, keys }: Scope): string {
  const parts = [
    ...(head === undefined ? [] : [`head.${head}`]),
    ...(dims === undefined ? [] : [`dims.${rangesOf(dims)}`]),
    ...(keys === undefined ? [] : [`keys.${keys}`]),
  ];
  return `[${parts.join(",")}]`;
}

/** Reads what stands between the brackets. @param fail makes the error of what is wrong. */
export function parseScope(text: string, fail: (why: string) => Error): Scope {
  const scope: { head?: number; dims?: number[]; keys?: string } = {};
  for (const part of text.split(",").map((each) => each.trim())) {
    const [, name, value = ""] = /^(head|dims|keys)\.(.+)$/.exec(part) ?? [];
    if (name === undefined)
      throw fail(`"${part}" is no scope: head.3, dims.0-15+40 or keys.latent.0+latent.1 was wanted`);
    if (name in scope) throw fail(`${name} is given twice: several are joined by +, as in dims.0-15+40`);
    if (name === "head") scope.head = numberOf(value, fail);
    else if (name === "dims") scope.dims = parseDims(value, fail);
    else {
      parseAddresses(value);
      scope.keys = value;
    }
  }
  return scope;
}

/** Stretches of neighbours: `0-15+40`. */
function rangesOf(dims: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const dim of dims) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === dim - 1) last[1] = dim;
    else ranges.push([dim, dim]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join("+");
}

function parseDims(text: string, fail: (why: string) => Error): number[] {
  const dims = text.split("+").flatMap((range) => {
    const [first = "", last = first, ...more] = range.split("-");
    const [from, to] = [numberOf(first, fail), numberOf(last, fail)];
    if (more.length > 0 || to < from) throw fail(`"${range}" is no range of dimensions`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(dims)].sort((a, b) => a - b);
}

function numberOf(text: string, fail: (why: string) => Error): number {
  const value = /^(?:0|[1-9]\d{0,6})$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= MOST_DIMS)) throw fail(`"${text}" is no number of a head or dimension`);
  return value;
}
