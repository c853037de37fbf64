/** Positions by name: `question.3`, `bot`, `latent.2`, `eot`, `answer.0`. Only `SequenceLayout` turns them into numbers. */

import { UsageError } from "../../base/errors.js";

/** The parts of one sequence, in order. `question` includes BOS as `question.0`. */
export type Part = "question" | "bot" | "latent" | "eot" | "answer";

/** One position, or all positions of a part (`index` null), or the whole sequence. */
export type Address =
  | { readonly part: "question" | "latent" | "answer"; readonly index: number | null }
  | { readonly part: "bot" | "eot" | "all" };

/** An address of one position: reading there takes the position's axis away. */
export type PointAddress =
  | { readonly part: "question" | "latent" | "answer"; readonly index: number }
  | { readonly part: "bot" | "eot" };

/** An address of several positions. */
export type SpanAddress =
  | { readonly part: "question" | "latent" | "answer"; readonly index: null }
  | { readonly part: "all" };

/** The answer's number by itself: where it stands is known after the run, so captures can be read there and nothing can be done there. */
export interface NumberAddress {
  readonly part: "number" | "beforeNumber";
}

/** Builds the address of one position of a part, or of all of it. */
export interface PartAddress {
  /** All positions of the part. */
  (): SpanAddress;
  /** One position, from 0. */
  (index: number): PointAddress;
  /** One position, or all of them where there is no index. */
  (index: number | null): Address;
}

function inPart(part: "question" | "latent" | "answer"): PartAddress {
  return ((index: number | null = null) => ({ part, index })) as PartAddress;
}

/** An address as text: `latent.2`, `question` for all of it. */
export type AddressText =
  | "bot"
  | "eot"
  | "all"
  | "question"
  | "latent"
  | "answer"
  | `question.${number}`
  | `latent.${number}`
  | `answer.${number}`;

/** An address as `at` builds it, or as text. */
export type AddressLike = Address | AddressText;

/** Builds addresses: `at.latent(2)`, `at.bot`, `at.question()` for the whole question. */
export const at = {
  question: inPart("question"),
  bot: { part: "bot" } as PointAddress,
  latent: inPart("latent"),
  eot: { part: "eot" } as PointAddress,
  answer: inPart("answer"),
  all: { part: "all" } as SpanAddress,
  /** The first token of the answer's number, for reading captures. */
  number: { part: "number" } as NumberAddress,
  /** The position that predicts it: the token before, or EOT. */
  beforeNumber: { part: "beforeNumber" } as NumberAddress,
} as const;

/**
 * @throws UsageError when the text is no address.
 * @example
 * ```ts
 * parseAddress("latent.2"); // → { part: 'latent', index: 2 }
 * ```
 */
export function parseAddress(text: string): Address {
  if (text === "bot" || text === "eot" || text === "all") return { part: text };
  const match = /^(question|latent|answer)(?:\.(0|[1-9]\d{0,6}))?$/.exec(text);
  if (match === null) {
    throw new UsageError(
      `Unknown address "${text}"`,
      "write question.I, bot, latent.K, eot, answer.T, a part without index for all of it, or all",
    );
  }
  const part = match[1] as "question" | "latent" | "answer";
  return { part, index: match[2] === undefined ? null : Number(match[2]) };
}

/** Several addresses joined by `+`, such as `latent.0+latent.1`. @throws UsageError when one is no address. */
export function parseAddresses(text: string): Address[] {
  return text.split("+").map(parseAddress);
}

/**
 * What a caller gave as a place: one address or several, built by `at` or as text.
 *
 * @throws UsageError for anything else, such as `at.latent` that was not called.
 */
export function toAddresses(given: AddressLike | readonly AddressLike[]): Address[] {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (all.length === 0)
    throw new UsageError("No address was given, the list is empty", "give one, such as at.latent(2)");
  return all.flatMap((each) =>
    typeof each === "string" ? each.split(",").map((text) => parseAddress(text.trim())) : [toAddress(each)],
  );
}

const PARTS = ["question", "latent", "answer", "bot", "eot", "all"] as const;

function toAddress(given: unknown): Address {
  if (typeof given === "function") throw uncalled(given);
  const { part, index = null } = (given ?? {}) as { readonly part?: unknown; readonly index?: unknown };
  if (part === "number" || part === "beforeNumber")
    throw new UsageError(
      `at.${part} is known after the run only: captures can be read there, and nothing can be done there`,
      "give the position by its name, such as at.answer(2)",
    );
  if (!PARTS.some((each) => each === part)) {
    const found = JSON.stringify(given) ?? String(given);
    throw new UsageError(`${found} is no address`, 'write at.latent(2), at.eot, or text such as "latent.2"');
  }
  const text = index === null ? String(part) : `${part}.${index}`;
  return parseAddress(text);
}

function uncalled(given: object): UsageError {
  const name = Object.entries(at).find(([, each]) => each === given)?.[0];
  return name === undefined
    ? new UsageError("A function was given as address", 'write at.latent(2), at.eot, or text such as "latent.2"')
    : new UsageError(
        `at.${name} was given as address and not called`,
        `write at.${name}() for all of them, or at.${name}(0)`,
      );
}

/**
 * @returns the text that `parseAddress` reads.
 * @example
 * ```ts
 * formatAddress(at.latent(2)); // → latent.2
 * ```
 */
export function formatAddress(address: Address): string {
  if (!("index" in address)) return address.part;
  return address.index === null ? address.part : `${address.part}.${address.index}`;
}

/** Does the position `part`/`index` lie in the address? */
export function addressCovers(address: Address, part: Part, index: number): boolean {
  if (address.part === "all") return true;
  if (address.part !== part) return false;
  return !("index" in address) || address.index === null || address.index === index;
}
