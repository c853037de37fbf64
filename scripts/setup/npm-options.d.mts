/** An option of a command: its name without dashes, and its flags as its help shows them. */
export interface NamedOption {
  readonly name: string;
  readonly flags: string;
}

/** What to say where npm kept options of this script for itself, or null. */
export function lostToNpm(
  script: string,
  given: {
    readonly options: readonly NamedOption[];
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string | undefined>>;
  },
): string | null;

/** Ends a program of the repository with exit code 2 where npm kept options of it for itself; `options` as `parseArgs` takes them. */
export function stopWhereLost(
  script: string,
  options: Readonly<Record<string, { readonly type: "string" | "boolean" }>>,
  args?: readonly string[],
): void;
