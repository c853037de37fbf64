/**
 * A protocol of your own: CODI's inference with another verdict, by which a number is right that is off by one at most.
 *
 * The control is the reference protocol on the same problems. The answers are the same to the letter, since prompt and loop are, and
 * only the share of right ones differs. Every process of a run loads this file, and its hash belongs to the run.
 *
 * Run it: npx codilens experiment --protocol ./examples/own-protocol.mjs
 * Without its path `codilens analyze` still reads the run, and words its report rightly.
 */
// @ts-check

/** @type {import("codilens").OwnProtocol} */
export const protocol = {
  name: "off-by-one",
  like: "codi",
  isRight: (answer, expected) =>
    answer.kind === "number" && typeof expected === "number" && Math.abs(answer.value - expected) <= 1,
};
