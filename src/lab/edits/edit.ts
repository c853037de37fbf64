/** What one edits by hand on the page, as plain data: the URL's fragment holds exactly a `LabState`. No DOM and no engine here. */

import type { Feedback } from "../../browser.js";

/** A latent after a block: `blocks.B.hook_resid_post@latent.L`. */
export interface CellTarget {
  readonly kind: "cell";
  readonly block: number;
  readonly latent: number;
}

/** What one head reads at a latent: `blocks.B.attn.hook_z[head.H]@latent.L`. */
export interface HeadTarget {
  readonly kind: "head";
  readonly block: number;
  readonly head: number;
  readonly latent: number;
}

/** One edge of attention, in one head, or in all of a block's (`head` null). */
export interface EdgeTarget {
  readonly kind: "edge";
  readonly block: number;
  readonly head: number | null;
  /** Address of the position that looks, such as `eot`. */
  readonly query: string;
  /** Address of the position that is looked at, such as `latent.2`. */
  readonly key: string;
}

/** Where an edit acts. */
export type EditTarget = CellTarget | HeadTarget | EdgeTarget;

/** Where a value stands: all targets but edges. */
export type ValueTarget = CellTarget | HeadTarget;

/** What an edit does. */
export type EditOperation =
  | { readonly kind: "zero" }
  /** The mean over the reference questions. */
  | { readonly kind: "mean" }
  /** What another question has at the same position. */
  | { readonly kind: "other"; readonly question: string }
  | { readonly kind: "noise"; readonly sigma: number }
  | { readonly kind: "scale"; readonly by: number }
  /** Adds a saved direction, by its name, times a number. */
  | { readonly kind: "steer"; readonly direction: string; readonly scale: number }
  /** What the counterfactual has at the same position: its question, which `withCounterfactual` keeps up to date. */
  | { readonly kind: "patch"; readonly question: string }
  /** Takes the edge out of the pattern's row, and divides what is left by its sum. Of edges only, and all that is done to them. */
  | { readonly kind: "cut" };

/** The names of all operations, in the order of the page. */
export const OPERATION_KINDS = ["zero", "mean", "other", "noise", "scale", "steer", "patch", "cut"] as const;

/** One of several edits that stack. */
export interface Edit {
  /** Unique among a state's edits. */
  readonly id: number;
  readonly target: EditTarget;
  readonly operation: EditOperation;
  /** Switched on? */
  readonly on: boolean;
}

/** A direction by where it came from, so that it can be made again. */
export type SavedDirection =
  /** A question's value at a target less another question's there. */
  | {
      readonly kind: "difference";
      readonly target: ValueTarget;
      readonly question: string;
      readonly minus: string;
    }
  /** Numbers that were dropped as a file, float32. */
  | { readonly kind: "vector"; readonly numbers: readonly number[] };

/** The attention on show. */
export interface AttentionShown {
  readonly block: number;
  /** The head that is enlarged. */
  readonly head: number | null;
  /** The position that looks, and the one that is looked at: the edge that can be cut. */
  readonly from: string;
  readonly to: string | null;
  /** Of the run under the edits, where there is one? */
  readonly isEdited: boolean;
}

/** What is on show. */
export interface LabView {
  /** The opened cell. */
  readonly cell: { readonly block: number; readonly latent: number } | null;
  readonly attention: AttentionShown | null;
  /** The operation that is swept, and what its map shows. */
  readonly sweep: { readonly operation: EditOperation; readonly signal: string } | null;
  /** The step of the tour, from 0. */
  readonly tour: number | null;
  /** Does the strip show its cards alone, without their blocks? */
  readonly isFolded: boolean;
}

/** All that a reader chose; the rest is computed from it. */
export interface LabState {
  readonly question: string;
  /** The question beside it; empty where none was typed. */
  readonly counterfactual: string;
  readonly edits: readonly Edit[];
  readonly directions: Readonly<Record<string, SavedDirection>>;
  /** Seed of noise. */
  readonly seed: number;
  readonly view: LabView;
}

/** What has to be known of the model to check and to run edits. */
export interface LabFacts {
  /** The name that commands and programs load it by, such as `tiny-codi` or `./my-checkpoint`. */
  readonly model: string;
  readonly blocks: number;
  readonly heads: number;
  readonly latents: number;
  /** Width of a latent, and of one head's part. */
  readonly width: number;
  readonly headWidth: number;
  /** The questions that `mean` is taken over. */
  readonly reference: readonly string[];
  /** What a latent's input is. */
  readonly feedback: Feedback;
  /** Do questions begin with BOS? */
  readonly hasBos: boolean;
  /** What a program or a command has to say besides the name, so that the model is run as it is here; nothing of the embedded one. */
  readonly load: LoadFacts;
}

/** How a model is loaded: `base`, `protocol` and `latents` of a load, `--base` and so on of a command. */
export interface LoadFacts {
  readonly base?: string;
  readonly protocol?: string;
  readonly latents?: number;
  /** Of a run: most tokens of an answer, where positions leave fewer than the protocol allows. */
  readonly maxNewTokens?: number;
  /** In place of the protocol's name: the file that holds it. */
  readonly protocolFile?: ProtocolFile;
}

/** A protocol of one's own on the disk. */
export interface ProtocolFile {
  /** As programs and commands name it: `./my-protocol.mjs`. */
  readonly file: string;
  readonly exported: "default" | "protocol";
}

/** Those of a state's edits that act. */
export function activeEdits({ edits }: Pick<LabState, "edits">): Edit[] {
  return edits.filter(({ on }) => on);
}

/** Nothing is on show but the strip. */
export const PLAIN_VIEW: LabView = { cell: null, attention: null, sweep: null, tour: null, isFolded: false };

/** A question without edits. */
export function cleanState(question: string): LabState {
  return { question, counterfactual: "", edits: [], directions: {}, seed: 0, view: PLAIN_VIEW };
}
