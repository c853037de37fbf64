/** How objects print in a terminal: by the symbols that Node and Deno look for, so that no runtime is imported. */

const NODE = Symbol.for("nodejs.util.inspect.custom");
const DENO = Symbol.for("Deno.customInspect");

/** How an object prints: by itself over a few lines, and as one line within another. */
export interface Printed<T> {
  readonly whole: (self: T) => string;
  readonly line: (self: T) => string;
}

// What Node and Deno pass of their settings; each has a field of its own for how deep it stands.
interface NodeSettings {
  readonly depth?: number | null;
}
interface DenoSettings {
  readonly currentDepth?: number;
}

/** Gives an object, or all objects of a prototype, what they print as. Nothing that lists or copies an object's fields sees it. */
export function printsAs<T extends object>(target: T, { whole, line }: Printed<T>): T {
  const text = (self: T, isNested: boolean): string => {
    // A prototype itself has no fields to print.
    if (Object.hasOwn(self, "constructor")) return "{}";
    return isNested ? line(self) : whole(self);
  };
  const methods = {
    [NODE](this: T, depth: number | null, settings: NodeSettings = {}): string {
      return text(this, depth !== null && depth < (settings.depth ?? Number.POSITIVE_INFINITY));
    },
    [DENO](this: T, _inspect: unknown, { currentDepth = 0 }: DenoSettings = {}): string {
      return text(this, currentDepth > 0);
    },
  };
  for (const symbol of [NODE, DENO] as const)
    Object.defineProperty(target, symbol, { value: methods[symbol], configurable: true, writable: true });
  return target;
}

const WIDTH = 100;

/** The text, cut to what one line holds. */
export function fitted(text: string, width = WIDTH): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** A title and named texts below each other, each on one line; without those that are null. */
export function listed(title: string, rows: readonly (readonly [string, string | null])[]): string {
  const shown = rows.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const]));
  const longest = Math.max(0, ...shown.map(([name]) => name.length));
  const line = (name: string, text: string): string =>
    `  ${name.padEnd(longest)}  ${fitted(text, WIDTH - longest - 4)}`;
  return [title, ...shown.map(([name, text]) => line(name, text))].join("\n");
}

/** The first and the last of many, with what stands for the others between them. */
export function abridged<T>(
  all: readonly T[],
  { most = 8, gap }: { readonly most?: number; readonly gap: T },
): readonly T[] {
  return all.length <= most ? all : [...all.slice(0, most - 2), gap, ...all.slice(-1)];
}

/** A number to four digits. */
export function fourDigits(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}
