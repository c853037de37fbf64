/** The page's side of the worker: a promise for each call, with parts on the way and a signal to cancel. */

import { CANCELLED, LabFailure } from "./failure.js";
import type { CallName, Calls, FromWorker, ToWorker } from "./messages.js";

/** What a worker looks like from here. */
export interface WorkerPort {
  postMessage(message: ToWorker): void;
  terminate(): void;
  addEventListener(type: "message", heard: (event: { readonly data: FromWorker }) => void): void;
  addEventListener(type: "error", heard: (event: { readonly message?: string }) => void): void;
}

/** How one call is followed. */
export interface CallOptions<K extends CallName> {
  readonly signal?: AbortSignal;
  readonly onPart?: (part: Calls[K]["part"]) => void;
}

interface Open {
  readonly part: (part: never) => void;
  readonly done: (answer: unknown) => void;
  readonly failed: (failure: LabFailure) => void;
}

/** Calls the worker, which starts with the first call. */
export class LabClient {
  readonly #make: () => WorkerPort;
  readonly #open = new Map<number, Open>();
  #port: WorkerPort | null = null;
  #next = 0;
  /** Hears that the worker ended by itself, whether or not a call was open. */
  onStop: (failure: LabFailure) => void = () => undefined;

  constructor(make: () => WorkerPort) {
    this.#make = make;
  }

  /** @returns the worker's answer. @throws LabFailure with what the worker said, or named `AbortError` where it was cancelled. */
  call<K extends CallName>(name: K, ask: Calls[K]["ask"], options: CallOptions<K> = {}): Promise<Calls[K]["answer"]> {
    const { signal, onPart = () => undefined } = options;
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = this.#next++;
    const port = this.#started();
    const cancel = (): void => port.postMessage({ id, cancel: true });
    return new Promise<Calls[K]["answer"]>((done, failed) => {
      this.#open.set(id, { part: onPart, done: (answer) => done(answer as Calls[K]["answer"]), failed });
      signal?.addEventListener("abort", cancel, { once: true });
      port.postMessage({ id, call: name, ask });
    }).finally(() => signal?.removeEventListener("abort", cancel));
  }

  /** Ends the worker, as after a lost device; the next call starts a new one. Open calls fail as cancelled. */
  restart(): void {
    this.#port?.terminate();
    this.#port = null;
    this.#failAll(cancelled());
  }

  #started(): WorkerPort {
    if (this.#port !== null) return this.#port;
    const port = this.#make();
    port.addEventListener("message", ({ data }) => this.#hear(data));
    port.addEventListener("error", ({ message }) => {
      if (this.#port !== port) return;
      this.#port = null;
      port.terminate();
      const failure = new LabFailure({
        name: "WorkerError",
        message: `The page's worker stopped: ${message ?? "it could not be loaded"}`,
        hint: "load the page again",
      });
      this.#failAll(failure);
      this.onStop(failure);
    });
    this.#port = port;
    return port;
  }

  #hear(message: FromWorker): void {
    const open = this.#open.get(message.id);
    if (open === undefined) return;
    if ("part" in message) {
      open.part(message.part as never);
      return;
    }
    this.#open.delete(message.id);
    if ("answer" in message) open.done(message.answer);
    else open.failed(new LabFailure(message.failure));
  }

  #failAll(failure: LabFailure): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { failed } of open) failed(failure);
  }
}

function cancelled(): LabFailure {
  return new LabFailure({ name: CANCELLED, message: "The computation was cancelled", hint: null });
}
