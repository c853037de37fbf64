/** Calls what a user wrote, and says what it did wrong: no misuse passes unnoticed, and no error loses the line that it came from. */

import { CodiLensError, UsageError } from "../../base/errors.js";
import { type Tensor, tf } from "../tensor/tf.js";

const BORROWED = "the input is borrowed: leave it, the run frees it";

/** What a writer is called on. */
interface Call {
  /** Borrowed. */
  readonly x: Tensor;
  /** Name and place, for messages. */
  readonly where: string;
}

/**
 * @param apply what the user wrote, called on `x`. @returns a live tensor of the same shape, or nothing.
 * @throws UsageError for whatever else it did. A CodiLensError that it threw passes as it is.
 */
export function callWriter(apply: () => unknown, { x, where }: Call): Tensor | undefined {
  const result = applied(apply, { x, where }) ?? undefined;
  if (result !== undefined) checkResult(result, { x, where });
  if (x.isDisposed) throw new UsageError(`${where} disposed its input`, BORROWED);
  return result as Tensor | undefined;
}

function applied(apply: () => unknown, { x, where }: Call): unknown {
  try {
    return apply();
  } catch (error) {
    if (error instanceof CodiLensError) throw error;
    throw thrown(error, { x, where });
  }
}

/** The error with the stack of its cause: the first line of it is the hook's own. */
function thrown(cause: unknown, { x, where }: Call): UsageError {
  const said = cause instanceof Error ? cause.message : String(cause);
  // The engine's own words for a tensor that is gone would not say so.
  const error = x.isDisposed
    ? new UsageError(`${where} disposed its input, then threw: ${said}`, BORROWED, { cause })
    : new UsageError(`${where} threw: ${said}`, "mend the hook", { cause });
  const frames = cause instanceof Error ? /(?:\n\s+at .*)+$/.exec(cause.stack ?? "")?.[0] : undefined;
  if (frames !== undefined) error.stack = `${error.name}: ${error.message}${frames}`;
  return error;
}

function checkResult(result: unknown, { x, where }: Call): void {
  if (isPromise(result)) {
    // What becomes of it is nobody's concern any more, and must not end the run with a second error.
    result.then(undefined, () => undefined);
    throw new UsageError(
      `${where} returned a promise, wanted a tensor or nothing`,
      "return a tensor synchronously: no async function, and dataSync() in place of await data() (on WebGPU, capture the site instead)",
    );
  }
  if (!(result instanceof tf.Tensor))
    throw new UsageError(
      `${where} returned ${kindOf(result)}, wanted a tensor or nothing`,
      "return a tensor, synchronously",
    );
  if (result === x && x.isDisposed) throw new UsageError(`${where} disposed its input`, BORROWED);
  if (result.isDisposed) throw new UsageError(`${where} returned a disposed tensor`, "return a live tensor");
  if (result.shape.join() !== x.shape.join())
    throw new UsageError(
      `${where} returned shape [${result.shape.join(", ")}], wanted [${x.shape.join(", ")}]`,
      "return the same shape",
    );
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function kindOf(value: unknown): string {
  return typeof value === "object" ? "an object that is no tensor" : `a ${typeof value}`;
}
