/** What the page's script is given: one JSON block in the page. */

/** One problem for the explorer. */
export interface PageProblem {
  readonly id: string;
  readonly level: string;
  readonly question: string | null;
  readonly expected: number | string;
  readonly answer: string;
  readonly right: boolean;
  /** What the head says first at BOT and after each latent. */
  readonly lens: readonly string[] | null;
  /** Texts of the prompt's positions. */
  readonly tokens: readonly string[] | null;
  /** By latent: answer with the latent zeroed, and is it right. */
  readonly ablated: readonly { readonly latent: number; readonly answer: string; readonly right: boolean }[];
  /** Conditions of other studies under which the answer is another: place in `conditions`, answer, is it right. */
  readonly changed: readonly (readonly [number, string, boolean])[];
  /** Places of the conditions that this problem was not run under. */
  readonly absent: readonly number[];
  /** By layer, in the order of `layers`. */
  readonly attention: readonly (PageAttention | null)[];
}

/** Attention at one layer, one character a weight (see `packed-attention.ts`). */
export interface PageAttention {
  readonly heads: number;
  /** `[head, latent]`: from EOT, and from the answer's number token. */
  readonly eot: string;
  readonly number: string | null;
  /** `[reader, head, key]`; keys are the prompt's positions and the latents. One head where only the mean was kept. */
  readonly reading: PageReading | null;
}

/** All that some positions pay attention to. */
export interface PageReading {
  /** `bot` (not of older records), `latent.0` …, `eot`. */
  readonly readers: readonly string[];
  readonly heads: number;
  readonly keys: number;
  readonly packed: string;
}

/** Everything the script knows. */
export interface PageData {
  readonly latents: number;
  /** Block of the edits that links into the page of `codilens lab` make; null for no links. */
  readonly labBlock: number | null;
  readonly layers: readonly number[];
  readonly levels: readonly string[];
  readonly conditions: readonly PageCondition[];
  readonly problems: readonly PageProblem[];
  /** With fewer problems an interval is not printed. */
  readonly fewest: number;
}

/** A condition of a study. */
export interface PageCondition {
  readonly study: string;
  readonly name: string;
}
