/** One release of CHANGELOG.md: a version or `Unreleased`. */
export interface Release {
  readonly name: string;
  readonly sections: readonly { readonly level: number; readonly title: string }[];
  readonly lines: readonly string[];
}

/** All releases of the file's text, in its order. */
export function releases(text: string): Release[];

/** A sentence for each fault of the file's shape. */
export function faultsOf(text: string, version: string): string[];

/** Is one version after the other? */
export function isNewer(one: string, other: string): boolean;
