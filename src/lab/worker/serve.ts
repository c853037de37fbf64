/** The worker's side of the calls: one computation at a time, in the order of the calls; a cancelled one ends between two passes. */

import { CANCELLED, failureOf, LabFailure } from "./failure.js";
import type { CallName, Calls, Failure, FromWorker, ToWorker } from "./messages.js";

/** What a handler has beside its question. */
export interface CallContext<K extends CallName> {
  readonly signal: AbortSignal;
  readonly part: (part: Calls[K]["part"]) => void;
}

/** One function for each call. */
export type Handlers = {
  readonly [K in CallName]: (ask: Calls[K]["ask"], context: CallContext<K>) => Promise<Calls[K]["answer"]>;
};

type Handler = (
  ask: unknown,
  context: { readonly signal: AbortSignal; readonly part: (part: unknown) => void },
) => Promise<unknown>;

/** A browser aborts its own work too, as a read of a GPU that is lost: what nobody cancelled is a failure that is shown. */
function failureOfCall(error: unknown, { aborted }: AbortSignal): Failure {
  const failure = failureOf(error);
  return failure.name === CANCELLED && !aborted ? { ...failure, name: "Error" } : failure;
}

/** @returns what hears the page's messages and answers them by `post`. */
export function serve(handlers: Handlers, post: (message: FromWorker) => void): (message: ToWorker) => void {
  const open = new Map<number, AbortController>();
  let last: Promise<void> = Promise.resolve();
  const answer = async ({ id, call, ask }: Extract<ToWorker, { call: unknown }>): Promise<void> => {
    const { signal } = open.get(id) ?? new AbortController();
    try {
      if (signal.aborted) throw new LabFailure({ name: CANCELLED, message: "The call was cancelled", hint: null });
      const handler = handlers[call] as Handler;
      post({ id, answer: await handler(ask, { signal, part: (part) => post({ id, part }) }) });
    } catch (error) {
      post({ id, failure: failureOfCall(error, signal) });
    } finally {
      open.delete(id);
    }
  };
  return (message) => {
    if ("cancel" in message) {
      open.get(message.id)?.abort();
      return;
    }
    open.set(message.id, new AbortController());
    last = last.then(() => answer(message));
  };
}
