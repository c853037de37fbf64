/** What a callback does wrong is one clear sentence, and an error keeps the line that it was thrown on. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import {
  at,
  CodiLensError,
  type Hook,
  type HookFunction,
  hook,
  type SiteName,
  tf,
  UsageError,
} from "../../../src/index.js";
import { loadTiny, questions } from "../../support/tiny.js";

const model = await loadTiny();
afterAll(() => model.dispose());

const SITE = "blocks.1.hook_resid_post";
const PLACE = `${SITE}@latent.1 (latent.1)`;
const [question = ""] = questions;

const run = (bad: Hook): Promise<unknown> => model.run(question, { hooks: [bad], maxNewTokens: 2 });
const thrownBy = async (bad: Hook): Promise<CodiLensError> => {
  const error: unknown = await run(bad).catch((found: unknown) => found);
  if (error instanceof CodiLensError) return error;
  throw new Error(`no CodiLensError: ${String(error)}`);
};
/** A callback that the types forbid, as JavaScript would pass it. */
const untyped = (fn: (x: tf.Tensor) => unknown, id = "bad"): Hook =>
  hook(SITE, at.latent(1), fn as HookFunction<typeof SITE>, { id });

describe("one sentence each", () => {
  test.each<[string, (x: tf.Tensor) => unknown, RegExp]>([
    ["disposes its input and returns nothing", (x) => x.dispose(), /disposed its input/],
    ["disposes its input and returns it", (x) => (x.dispose(), x), /disposed its input/],
    [
      "disposes its input and returns another tensor",
      (x) => {
        const y = tf.mul(x, 2);
        x.dispose();
        return y;
      },
      /disposed its input/,
    ],
    [
      "returns a tensor that is gone",
      (x) => {
        const y = tf.mul(x, 2);
        y.dispose();
        return y;
      },
      /returned a disposed tensor/,
    ],
    ["is an async function", async (x) => tf.mul(x, 2), /returned a promise, wanted a tensor or nothing/],
    [
      "is an async function that fails",
      async () => {
        throw new Error("later");
      },
      /returned a promise, wanted a tensor or nothing/,
    ],
    ["returns numbers", () => [1, 2], /returned an object that is no tensor/],
    ["returns a number", () => 0, /returned a number, wanted a tensor or nothing/],
    ["returns another shape", () => tf.zeros([1, 1, 3]), /returned shape \[1, 1, 3\], wanted \[1, 1, 64\]/],
  ])("a callback that %s", async (_, fn, message) => {
    const before = tf.memory().numTensors;
    const error = await thrownBy(untyped(fn));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`hook(bad):${PLACE}`);
    expect(error.message.split(SITE).length).toBe(2);
    expect(error.hint).toBeTruthy();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each<[string, () => Hook, RegExp]>([
    ["no function", () => untyped("zero" as never), /callback of a hook at ".*" is a string, wanted a function/],
    [
      "a blank id",
      () => hook(SITE, at.bot, () => undefined, { id: " " }),
      /id of a hook at ".*" is " ", wanted a name/,
    ],
    ["an id of two lines", () => hook(SITE, at.bot, () => undefined, { id: "a\nb" }), /wanted a name on one line/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("an error thrown inside", () => {
  test("is the cause of one that says where, and its stack begins on the callback's own line", async () => {
    const own = new TypeError("boom");
    const error = await thrownBy(
      untyped(function thrower() {
        throw own;
      }),
    );
    expect(error.message).toBe(`hook(bad):${PLACE} threw: boom`);
    expect(error.cause).toBe(own);
    const [first = "", second = ""] = error.stack?.split("\n") ?? [];
    expect(first).toBe(`UsageError: ${error.message}`);
    expect(second).toMatch(/misuse\.test\.ts:\d+/);
  });

  test("of the library stays itself, with its class, hint and line", async () => {
    let own: unknown;
    const error = await thrownBy(
      untyped(() => {
        try {
          hook("blocks.0.hook_embed" as SiteName, at.bot, 3 as never);
        } catch (found) {
          own = found;
          throw found;
        }
        return undefined;
      }),
    );
    expect(error).toBe(own);
    expect(error.stack).toMatch(/misuse\.test\.ts:\d+/);
  });

  test("by a callback that had disposed its input says so", async () => {
    const error = await thrownBy(
      untyped((x) => {
        x.dispose();
        return tf.mul(x, 2);
      }),
    );
    expect(error.message).toMatch(/disposed its input, then threw: /);
    expect(error.hint).toMatch(/borrowed/);
  });
});

test("records and what fired name a hook by its id, else by its function, else hook", async () => {
  const double = (x: tf.Tensor): tf.Tensor => tf.mul(x, 2);
  const { fired } = await model.run(question, {
    maxNewTokens: 2,
    hooks: [
      hook(SITE, [at.latent(1), at.eot], double, { id: "scale(2)" }),
      hook(SITE, at.bot, double),
      hook(SITE, at.question(), () => undefined),
    ],
  });
  expect(fired.map(({ name }) => name)).toEqual([
    `hook(scale(2)):${SITE}@latent.1,eot`,
    `hook(double):${SITE}@bot`,
    `hook(hook):${SITE}@question`,
  ]);
});
