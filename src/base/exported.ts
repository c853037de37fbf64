/** What a program of the user's own exports, where it is to export one object. */

/** The object and the name of its export, or what is wrong, as a program's refusal goes on. */
export type Exported<Name extends string> =
  | { readonly key: "default" | Name; readonly value: object }
  | { readonly wrong: string };

/** @param name what is wanted, which is also the name that its export may have in place of `default`. */
export function exportedObject<Name extends string>(
  exported: Readonly<Record<string, unknown>>,
  name: Name,
): Exported<Name> {
  const key = (["default", name] as const).find((each) => Object.hasOwn(exported, each));
  if (key === undefined) {
    const names = Object.keys(exported).join(", ") || "nothing";
    return { wrong: `it exports ${names}, wanted a ${name} as default or by the name ${name}` };
  }
  const value = exported[key];
  return typeof value === "object" && value !== null
    ? { key, value }
    : { wrong: `its export ${key} is ${value === null ? "null" : `a ${typeof value}`}, wanted an object` };
}
