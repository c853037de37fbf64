/** The rooms of `src`, from left to right, each with what it holds. */
export const ROOMS: readonly { readonly name: string; readonly holds: string }[];

/** The place in ROOMS of a file of `src`, such as `src/base/errors.ts`. */
export function roomOf(file: string): number;
