/** Which protocol a checkpoint is run with: what its weights are, what `codi.json` says, and what was asked for. */

import { BadInputError, UsageError } from "../../../base/errors.js";
import { loopOf } from "./loop.js";
import { type AnyProtocol, DEFAULT_PROTOCOL } from "./names.js";

/** What the files show of how a model was trained. */
export interface ProtocolEvidence {
  /** Weights of a projection, `prj.1.weight`. */
  readonly projection: boolean;
  /** The pause control's learned vector, `pause_embedding`. */
  readonly pause: boolean;
  /** Names that begin with `base_causallm.`, as Coconut's class saves them. */
  readonly coconutKeys: boolean;
  /** Ids of `<|start-latent|>` and `<|end-latent|>` in `tokenizer.json`; null where it has not both. */
  readonly latentTokens: LatentTokens | null;
}

/** Ids of Coconut's tokens. */
export interface LatentTokens {
  readonly start: number;
  readonly end: number;
  /** `<|latent|>`, which is never fed. */
  readonly latent: number | null;
}

/** What is decided from. */
export interface ProtocolParts {
  /** Name of the checkpoint. */
  readonly where: string;
  readonly evidence: ProtocolEvidence;
  /** `protocol` of `codi.json`. */
  readonly stated: AnyProtocol | undefined;
  /** `--protocol`, or the option of `load`. */
  readonly asked: AnyProtocol | undefined;
}

/** The protocol, and how it is known. */
export interface DecidedProtocol {
  readonly name: AnyProtocol;
  /** As the end of a sentence: `its weights have pause_embedding`. Null where nothing tells it. */
  readonly because: string | null;
  /** What is odd about it. */
  readonly notice: string | null;
}

/** @throws UsageError for a protocol that was asked for and the weights deny, BadInputError for one that `codi.json` states. */
export function decideProtocol({ where, evidence, stated, asked }: ProtocolParts): DecidedProtocol {
  const evident = evidentProtocol(evidence);
  if (asked !== undefined) {
    const denial = deniedBy(asked, evidence);
    if (denial !== null)
      throw new UsageError(`${where}: protocol ${asked} was asked for, but ${denial}`, hintFor(evident?.name));
    return { name: asked, because: "it was asked for", notice: null };
  }
  // Its texts are those of what it is the control of.
  if (evident?.name === "pause" && stated !== undefined && loopOf(stated).feedback === "constant")
    return { name: stated, because: "codi.json says so", notice: null };
  if (evident?.name === "pause" && stated !== "none")
    return {
      ...evident,
      notice:
        stated === undefined
          ? null
          : `${where}: codi.json says protocol ${stated}, but its weights have pause_embedding: it is run as pause`,
    };
  if (stated === undefined) return evident === null ? unknown() : { ...evident, notice: null };
  const denial = deniedBy(stated, evidence);
  // Without any sign of latents it is a plain language model until somebody wants to run it.
  if (denial !== null && (evident !== null || stated === "pause"))
    throw new BadInputError(
      `${where}/codi.json: protocol is ${stated}, but ${denial}`,
      "correct codi.json, or leave protocol out of it",
    );
  return { name: stated, because: "codi.json says so", notice: null };
}

/** What the files alone say; null where they say nothing. */
export function evidentProtocol({
  projection,
  pause,
  coconutKeys,
  latentTokens,
}: ProtocolEvidence): { readonly name: AnyProtocol; readonly because: string } | null {
  if (pause) return { name: "pause", because: "its weights have pause_embedding" };
  if (projection) return { name: DEFAULT_PROTOCOL, because: "its weights have a projection (prj.1)" };
  if (coconutKeys) return { name: "coconut", because: "its weights are named base_causallm.…" };
  if (latentTokens !== null) return { name: "coconut", because: "its tokenizer has <|start-latent|>" };
  return null;
}

/** Why a model cannot be run so, as the end of a sentence; null where it can. */
export function deniedBy(name: AnyProtocol, { projection, pause }: ProtocolEvidence): string | null {
  switch (loopOf(name).feedback) {
    case "projection":
      return projection ? null : "its weights have no projection (prj.1, prj.3)";
    case "constant":
      return pause ? null : "its weights have no pause_embedding";
    case "identity":
      if (name !== "coconut") return null;
      if (pause) return "its weights have pause_embedding: each latent's input was learned, and none is fed back";
      return projection ? "its weights have a projection (prj.1), which coconut does not use" : null;
    case "none":
      return null;
  }
}

function hintFor(evident: AnyProtocol | undefined): string {
  if (evident !== undefined) return `leave the protocol out (it is run as ${evident}), or use none: no latents`;
  return "use none, which runs a language model without latents, or get the right checkpoint";
}

function unknown(): DecidedProtocol {
  return { name: DEFAULT_PROTOCOL, because: null, notice: null };
}
