/** Errors that carry the exit code of the command line and one sentence on what to do. */

/** Exit codes of every command (see README, "Exit codes"). */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  badInput: 3,
  runFolder: 4,
  environment: 5,
  partial: 6,
} as const;

/**
 * Base of all expected failures: one sentence of what happened, one of what to do.
 * @example
 * ```ts
 * try {
 *   parseIntervention("zap:blocks.8.hook_resid_post@latent.2");
 * } catch (error) {
 *   if (!(error instanceof CodiLensError)) throw error;
 *   error.hint; // → example: zero:blocks.8.hook_resid_post@latent.2
 * }
 * ```
 */
export class CodiLensError extends Error {
  readonly exitCode: number = EXIT.unexpected;
  readonly hint: string | undefined;

  /** @param message what failed, where, what was found and what was wanted. @param hint what to do about it. */
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(oneLine(message), options);
    this.name = new.target.name;
    this.hint = hint === undefined ? undefined : oneLine(hint);
  }
}

/**
 * Wrong use of a command, an option or the API. Exit code 2.
 * @example
 * ```ts
 * new UsageError("latents is -1, wanted a whole number from 0", "correct it").exitCode; // → 2
 * ```
 */
export class UsageError extends CodiLensError {
  override readonly exitCode = EXIT.usage;
}

/**
 * A model, tokenizer or data file that cannot be used as it is. Exit code 3.
 * @example
 * ```ts
 * new BadInputError("problems.jsonl, line 3: no question", "correct the row").exitCode; // → 3
 * ```
 */
export class BadInputError extends CodiLensError {
  override readonly exitCode = EXIT.badInput;
}

/**
 * A run folder that is locked, foreign or damaged. Exit code 4.
 * @example
 * ```ts
 * new RunFolderError("results/a is in use", "wait for the other run").exitCode; // → 4
 * ```
 */
export class RunFolderError extends CodiLensError {
  override readonly exitCode = EXIT.runFolder;
}

/**
 * Disk, memory, network or engine not available; the run can be resumed. Exit code 5.
 * @example
 * ```ts
 * new EnvironmentError("The disk is full", "free some space").exitCode; // → 5
 * ```
 */
export class EnvironmentError extends CodiLensError {
  override readonly exitCode = EXIT.environment;
}

/**
 * A number that is NaN or infinite where a finite one was needed: the item failed, it is not "wrong". Exit code 6.
 * @example
 * ```ts
 * new NumericError("Block 3 gave NaN", "lower the scale").exitCode; // → 6
 * ```
 */
export class NumericError extends CodiLensError {
  override readonly exitCode = EXIT.partial;
}

// Line breaks, control and formatting characters (marks of direction): what a file holds may not speak to the terminal.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const MOST_CHARACTERS = 2000;

/** Cuts what nobody would read, and escapes what would not stand on one line as it is. */
function oneLine(text: string): string {
  return escapeUnprintable(shortened(text, MOST_CHARACTERS));
}

/** Line breaks, control and formatting characters as `\\u000a`, as JSON writes them; `\\u{e0001}` beyond four digits. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    const hex = (char.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
  });
}

/** The text, or its beginning and an ellipsis. */
export function shortened(text: string, mostCharacters: number): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

const MOST_ISSUE = 200;

/** The first thing a schema complains of, as `field: what`; for zod's errors, of which only this shape is used. */
export function firstIssue(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string {
  const [issue] = error.issues;
  return shortened(`${issue?.path.join(".") || "top level"}: ${issue?.message ?? "not usable"}`, MOST_ISSUE);
}
