/** Whether what a study's function returns can be kept in a record. */

/** JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An object of JSON. */
export type JsonObject = { readonly [key: string]: Json };

/** @param where it came from: `read()[2]`. @returns the first thing that is no JSON, with its place; null for an object of JSON. */
export function faultOfJson(value: unknown, where: string): string | null {
  return isPlainObject(value) ? fault(value, where) : `${where} is ${described(value)}, wanted an object`;
}

function fault(value: unknown, where: string): string | null {
  if (value === null || typeof value === "string" || typeof value === "boolean") return null;
  if (typeof value === "number")
    return Number.isFinite(value) ? null : `${where} is ${value}, wanted a finite number or null`;
  const parts = Array.isArray(value)
    ? value.map((each, i) => [each, `${where}[${i}]`] as const)
    : isPlainObject(value)
      ? Object.entries(value).map(([key, each]) => [each, `${where}.${key}`] as const)
      : null;
  if (parts === null) return `${where} is ${described(value)}, wanted JSON`;
  for (const [each, place] of parts) {
    const found = fault(each, place);
    if (found !== null) return found;
  }
  return null;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function described(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object" || value === null) return value === undefined ? "undefined" : `a ${typeof value}`;
  return `a ${value.constructor?.name ?? "special object"}`;
}
