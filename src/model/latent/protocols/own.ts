/** A protocol of one's own, given in code: what it changes of one of the package's. */

import { UsageError } from "../../../base/errors.js";
import { described } from "../../hooks/described.js";
import { knownOptions } from "../../hooks/option-names.js";
import { markLike } from "./described.js";
import { addProtocol, knownProtocol, protocolOf } from "./index.js";
import { FEEDBACKS } from "./loop.js";
import { type AnyProtocol, isBuiltIn, PROTOCOL_NAMES, type ProtocolName } from "./names.js";
import type { Protocol } from "./protocol.js";

/** What of a protocol can be given: everything but its name is taken from `like` where it is left out. */
export interface OwnProtocol
  extends Partial<
    Pick<
      Protocol,
      | "maxNewTokens"
      | "feedback"
      | "prepare"
      | "promptEnd"
      | "eot"
      | "stops"
      | "logitRows"
      | "comparesTexts"
      | "announced"
      | "readAnswer"
      | "readGold"
      | "isRight"
      | "methods"
    >
  > {
  /** Small letters, digits and `-`; results say it. */
  readonly name: string;
  /** The protocol that it is like; default `codi`. Not `seed`, whose flaws belong to it alone. */
  readonly like?: Exclude<ProtocolName, "seed">;
}

// A name more or less than the type has does not compile.
const KINDS: Readonly<Record<keyof OwnProtocol, "string" | "number" | "boolean" | "function" | "object">> = {
  name: "string",
  like: "string",
  maxNewTokens: "number",
  feedback: "string",
  prepare: "function",
  promptEnd: "function",
  eot: "function",
  stops: "function",
  logitRows: "function",
  comparesTexts: "boolean",
  announced: "string",
  readAnswer: "function",
  readGold: "function",
  isRight: "function",
  methods: "object",
};

const completed = new WeakMap<OwnProtocol, Protocol>();

/** The name of a protocol that is given by name, or as an object, which is known by its name from then on. @throws UsageError for one that cannot be. */
export function namedProtocol(given: ProtocolName | OwnProtocol): AnyProtocol {
  if (typeof given === "string") {
    if (isBuiltIn(given)) return given;
    throw new UsageError(
      `protocol is ${described(given)}, wanted ${PROTOCOL_NAMES.join(" or ")}`,
      "choose one of these",
    );
  }
  const own = completed.get(given) ?? ownProtocol(given);
  completed.set(given, own);
  const known = knownProtocol(own.name);
  // A cell of a notebook that is run again makes the same once more.
  if (known !== null && protocolText(known) === protocolText(own)) return own.name;
  return addProtocol(own).name;
}

/** @throws UsageError naming the option that is wrong. */
export function ownProtocol(given: OwnProtocol): Protocol {
  const known = knownOptions(given, { of: "a protocol", names: Object.keys(KINDS) });
  for (const [option, kind] of Object.entries(KINDS)) {
    const value: unknown = known[option as keyof OwnProtocol];
    if (value !== undefined && typeof value !== kind) throw wrong(option, { found: value, wanted: `a ${kind}` });
  }
  const { name, like = "codi", ...changed } = given;
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name))
    throw wrong("name", { found: name, wanted: "small letters, digits and -" });
  if (isBuiltIn(name)) throw wrong("name", { found: name, wanted: `another name than ${PROTOCOL_NAMES.join(", ")}` });
  const others = PROTOCOL_NAMES.filter((each) => each !== "seed");
  if (!(others as readonly string[]).includes(like)) throw wrong("like", { found: like, wanted: others.join(" or ") });
  const { feedback, maxNewTokens } = changed;
  if (feedback !== undefined && !FEEDBACKS.includes(feedback))
    throw wrong("feedback", { found: feedback, wanted: FEEDBACKS.join(" or ") });
  if (maxNewTokens !== undefined && !(Number.isInteger(maxNewTokens) && maxNewTokens >= 1))
    throw wrong("maxNewTokens", { found: maxNewTokens, wanted: "a whole number of at least 1" });
  const base = protocolOf(like);
  if (((feedback ?? base.feedback) === "none") !== (base.feedback === "none"))
    throw wrong("feedback", { found: feedback, wanted: `what goes with like: "${like}"` });
  const methods = {
    ...base.methods,
    inference: `Inference followed a protocol of the authors' own, "${name}", which is like ${like} but for ${Object.keys(changed).sort().join(", ") || "its name"}.`,
    verdict:
      "isRight" in changed || "readAnswer" in changed
        ? `Answers were read and judged by the protocol "${name}".`
        : base.methods.verdict,
  };
  const prepared = changed.prepare === undefined ? base.prepared : `as the protocol "${name}" prepares them`;
  const own: Protocol = { ...base, methods, prepared, ...changed, name };
  markLike(own, like);
  return own;
}

function wrong(option: string, { found, wanted }: { readonly found: unknown; readonly wanted: string }): UsageError {
  return new UsageError(`protocol.${option} is ${described(found)}, wanted ${wanted}`, "correct it, or leave it out");
}

/** The text of a protocol of one's own, which sets it apart from another of the same name; null for one of the package's. */
export function ownText(name: AnyProtocol): string | null {
  return isBuiltIn(name) ? null : protocolText(protocolOf(name));
}

function protocolText(protocol: Protocol): string {
  const parts = Object.entries(protocol).map(([part, value]) => `${part}: ${textOf(value)}`);
  return parts.sort().join("\n");
}

function textOf(value: unknown): string {
  if (typeof value === "function") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${textOf(inner)}`)
    .join(", ");
}
