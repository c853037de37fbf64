/** A tier of the tests. */
export type Tier = "fast" | "full";

/** What a need stands for: see `tiers.mjs`. */
export interface Need {
  readonly isFast: boolean;
  readonly isShared?: boolean;
  readonly what: string;
  readonly programs?: readonly string[];
}

/** Everything that a test file can need, by its word. */
export const NEEDS: Readonly<Record<string, Need>>;

/** A test file, relative to the repository's root, what it declares (null: nothing is declared), and the tier that follows. */
export interface TestFile {
  readonly file: string;
  readonly needs: readonly string[] | null;
  readonly tier: Tier;
}

/** The needs that a test file's text declares, or null. */
export function needsIn(text: string): string[] | null;

/** The tier of a file with these needs. */
export function tierOf(needs: readonly string[] | null): Tier;

/** Does a file with these needs get a process of its own? */
export function isAlone(needs: readonly string[] | null): boolean;

/** All test files below `root`, by default this repository. */
export function testFiles(root?: string): TestFile[];

/** Each need that keeps files out of the fast tier, with their number. */
export function leftOut(files: readonly TestFile[]): string;
