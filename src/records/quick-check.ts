/** A schema's fast yes: most lines of a long file are as they should be, and only of the others must be said what is wrong. */

import type { z } from "zod";

/**
 * True only of what the schema accepts and gives back as it is, down to the order of its fields. False says nothing: the schema itself is to be
 * asked, which also knows the sentence for what is wrong.
 */
export type QuickCheck = (value: unknown) => boolean;

type Schema = z.core.$ZodTypes;

/** Of plain data, as JSON has it: objects here have no prototype of their own. */
export function quickCheckOf(schema: z.core.$ZodType): QuickCheck {
  const known = schema as Schema;
  const { def } = known._zod;
  // A condition on the whole is left to the schema, but for text and numbers.
  if (def.type !== "string" && def.type !== "number" && (def.checks ?? []).length > 0) return itself(known);
  switch (def.type) {
    case "object":
      return def.catchall?._zod.def.type === "never" ? objectCheck(def.shape) : itself(known);
    case "array":
      return listCheck(quickCheckOf(def.element));
    case "record":
      // Keys that are listed may have to be there, all of them.
      return def.keyType._zod.values === undefined
        ? recordCheck(quickCheckOf(def.keyType), quickCheckOf(def.valueType))
        : itself(known);
    case "nullable":
      return nullableCheck(quickCheckOf(def.innerType));
    case "union":
      // Of the other kind of union exactly one option must accept.
      return def.inclusive !== false || "discriminator" in def ? unionCheck(def.options) : itself(known);
    case "lazy":
      return lazyCheck(def.getter);
    case "enum":
    case "literal":
      return oneOf(known);
    case "number":
      return numberCheck(known, def);
    case "string":
      return (def.checks ?? []).length === 0 && !("format" in def) ? isText : itself(known);
    default:
      return itself(known);
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** What there is no faster way for. */
function itself(schema: z.core.$ZodType): QuickCheck {
  return (value) => {
    const result = verdictOf(schema, value);
    return result !== null && result.issues.length === 0 && Object.is(result.value, value);
  };
}

function refuses(schema: z.core.$ZodType, value: unknown): boolean {
  const result = verdictOf(schema, value);
  return result !== null && result.issues.length > 0;
}

/** What the schema itself says; null where it would have to be waited for. */
function verdictOf(schema: z.core.$ZodType, value: unknown): z.core.ParsePayload | null {
  const result = schema._zod.run({ value, issues: [] }, { async: false });
  return result instanceof Promise ? null : result;
}

function objectCheck(shape: Readonly<Record<string, z.core.$ZodType>>): QuickCheck {
  const fields = Object.entries(shape).map(([name, schema]) => {
    const { def } = (schema as Schema)._zod;
    const isOptional = def.type === "optional";
    return { name, isOptional, check: quickCheckOf(isOptional ? def.innerType : schema) };
  });
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const names = Object.keys(value);
    let found = 0;
    for (const { name, isOptional, check } of fields) {
      if (names[found] === name) {
        if (!check((value as Record<string, unknown>)[name])) return false;
        found++;
      } else if (!isOptional) return false;
    }
    return found === names.length;
  };
}

function listCheck(each: QuickCheck): QuickCheck {
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (let i = 0; i < value.length; i++) if (!each(value[i])) return false;
    return true;
  };
}

function recordCheck(key: QuickCheck, each: QuickCheck): QuickCheck {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    // The schema leaves that one name out.
    return Object.keys(value).every(
      (name) => name !== "__proto__" && key(name) && each((value as Record<string, unknown>)[name]),
    );
  };
}

function nullableCheck(inner: QuickCheck): QuickCheck {
  return (value) => value === null || inner(value);
}

/** The first option that accepts decides what is given back: those before the one that says yes must refuse. */
function unionCheck(schemas: readonly z.core.$ZodType[]): QuickCheck {
  const options = schemas.map((schema) => ({ schema, accepts: quickCheckOf(schema) }));
  return (value) => {
    for (const { schema, accepts } of options) {
      if (accepts(value)) return true;
      if (!refuses(schema, value)) return false;
    }
    return false;
  };
}

/** Schemas that hold themselves are looked at when they are needed. */
function lazyCheck(getter: () => z.core.$ZodType): QuickCheck {
  let check: QuickCheck | null = null;
  return (value) => {
    check ??= quickCheckOf(getter());
    return check(value);
  };
}

function oneOf({ _zod }: z.core.$ZodType): QuickCheck {
  const values: ReadonlySet<unknown> = new Set(_zod.values);
  return (value) => values.has(value);
}

/** Numbers of any kind are finite; the conditions that records have are known here. */
function numberCheck(schema: z.core.$ZodType, def: z.core.$ZodNumberDef | z.core.$ZodNumberFormatDef): QuickCheck {
  const isWhole = "format" in def && def.format === "safeint";
  if ("format" in def && !isWhole) return itself(schema);
  const isKind = isWhole ? Number.isSafeInteger : Number.isFinite;
  let least = Number.NEGATIVE_INFINITY;
  for (const { _zod } of def.checks ?? []) {
    const condition = _zod.def as Partial<z.core.$ZodCheckGreaterThanDef>;
    if (condition.check !== "greater_than" || condition.inclusive !== true || typeof condition.value !== "number")
      return itself(schema);
    least = Math.max(least, condition.value);
  }
  return (value) => isKind(value) && (value as number) >= least;
}
