/** One import of a file. `target` is a path from the repository's root, or a package's name. */
export interface Import {
  readonly file: string;
  readonly line: number;
  readonly target: string;
  readonly typeOnly: boolean;
  readonly kind: "import" | "export" | "on demand";
}

/** All imports of a file in the order of its lines. */
export function importsOf(file: string): Import[];

/** All that some files reach by value, directly or not: files of the repository and names of packages. */
export function reachedFrom(...starts: readonly string[]): Set<string>;
