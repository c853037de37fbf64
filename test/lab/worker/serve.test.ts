/** The worker's calls: in their order, cancelled where the page says so, and failures as data. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../src/base/errors.js";
import { LabClient, type WorkerPort } from "../../../src/lab/worker/client.js";
import { CANCELLED, isCancelled, type LabFailure } from "../../../src/lab/worker/failure.js";
import type { FromWorker } from "../../../src/lab/worker/messages.js";
import { type Handlers, serve } from "../../../src/lab/worker/serve.js";

type Partly = Partial<Handlers>;

/** A client and the worker's side of it, without a thread: messages come later and as copies, as they do from one. */
function connected(handlers: Partly): LabClient {
  const heard: ((event: { readonly data: FromWorker }) => void)[] = [];
  const later = (act: () => void): void => void setTimeout(act, 0);
  return new LabClient(() => {
    const hear = serve(handlers as Handlers, (message) => {
      const data = structuredClone(message);
      later(() => {
        for (const each of heard) each({ data });
      });
    });
    const port = {
      postMessage: (message) => {
        const data = structuredClone(message);
        later(() => hear(data));
      },
      terminate: () => undefined,
      addEventListener: (type, listener) => {
        if (type === "message") heard.push(listener as (event: { readonly data: FromWorker }) => void);
      },
    } satisfies WorkerPort;
    return port;
  });
}

const failed = (call: Promise<unknown>): Promise<LabFailure> =>
  call.then(
    () => Promise.reject(new Error("It did not fail")),
    (error: unknown) => error as LabFailure,
  );

describe("calls of the worker", () => {
  test("are answered one after the other, in their order", async () => {
    const order: string[] = [];
    const client = connected({
      tensors: async () => {
        order.push("begin");
        await new Promise((done) => setTimeout(done, 10));
        order.push("end");
        return order.length;
      },
    });
    expect(await Promise.all([client.call("tensors", null), client.call("tensors", null)])).toEqual([2, 4]);
    expect(order).toEqual(["begin", "end", "begin", "end"]);
  });

  test("that are cancelled end as cancelled, also those that still wait", async () => {
    const client = connected({
      open: (_, { signal }) =>
        new Promise((__, fail) => signal.addEventListener("abort", () => fail(signal.reason as Error))),
    });
    const stop = new AbortController();
    const calls = [1, 2].map(() => failed(client.call("open", { question: "q" }, { signal: stop.signal })));
    setTimeout(() => stop.abort(), 20);
    for (const failure of await Promise.all(calls))
      expect([failure.name, isCancelled(failure)]).toEqual([CANCELLED, true]);
  });

  test("that the browser aborts by itself, as on a GPU that is lost, are failures that are shown", async () => {
    const client = connected({
      tensors: () => Promise.reject(new DOMException("Failed to execute 'mapAsync'", "AbortError")),
    });
    const failure = await failed(client.call("tensors", null, { signal: new AbortController().signal }));
    expect([failure.name, failure.message, isCancelled(failure)]).toEqual([
      "Error",
      "Failed to execute 'mapAsync'",
      false,
    ]);
  });

  test("that fail say the class, the sentence and the hint, and the next one is answered", async () => {
    let count = 0;
    const client = connected({
      tensors: async () => {
        count += 1;
        if (count === 1) throw new BadInputError("a file is torn", "get it again");
        return count;
      },
    });
    expect((await failed(client.call("tensors", null))).failure).toEqual({
      name: "BadInputError",
      message: "a file is torn",
      hint: "get it again",
    });
    expect(await client.call("tensors", null)).toBe(2);
  });
});
