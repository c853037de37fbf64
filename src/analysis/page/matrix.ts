/** A matrix of attention as a table: a row a token or latent, a column a reader. */

import type { AttentionMatrix } from "./attention.js";
import { button, element, setShare } from "./dom.js";
import { readerName, specialName, visibleToken } from "./words.js";

/** What a matrix is drawn with. */
export interface MatrixOptions {
  readonly tokens: readonly string[];
  readonly latents: number;
  /** Drawn darkest. */
  readonly top: number;
  /** The reader that colours the question. */
  readonly from: string;
  readonly choose: (reader: string) => void;
}

/** @returns the table; a click on a reader chooses it. */
export function matrixTable(matrix: AttentionMatrix, options: MatrixOptions): HTMLElement {
  const { tokens, latents, from, choose } = options;
  const names = [
    ...tokens.slice(0, matrix.tokens).map(visibleToken),
    ...Array.from({ length: latents }, (_, k) => `latent ${k}`),
  ];
  const heads = matrix.columns.map(({ reader }) =>
    element(
      "th",
      { scope: "col" },
      reader === "number"
        ? "number"
        : button(readerName(reader), () => choose(reader), {
            "aria-pressed": String(reader === from),
            "data-keep": `from ${reader}`,
          }),
    ),
  );
  const rows = names.map((name, key) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", class: key < matrix.tokens ? null : "latent" }, name),
      ...matrix.columns.map(({ weights }) => cell(weights[key] ?? null, options.top)),
    ),
  );
  const table = element(
    "table",
    { class: "matrix" },
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "to \\ from"), ...heads)),
    element("tbody", {}, ...rows),
  );
  return element(
    "div",
    { class: "scroll", role: "region", "aria-label": "Attention, token by reader", tabindex: 0, "data-keep": "matrix" },
    table,
  );
}

function cell(weight: number | null, top: number): HTMLElement {
  if (weight === null) return element("td", { class: "none" }, "–");
  const shown = element("span", { class: "token" }, weight.toFixed(2));
  setShare(shown, weight / top);
  return element("td", {}, shown);
}

/** @returns what BOS takes, and that the colours leave it out; empty where the prompt starts with no such token. */
export function bosSentence({ columns }: AttentionMatrix, tokens: readonly string[]): string {
  if (!hasBos(tokens)) return "";
  const taken = columns.flatMap(({ reader, weights }) => {
    const share = weights[0];
    return share === null || share === undefined ? [] : [{ reader, share }];
  });
  const [most] = [...taken].sort((a, b) => b.share - a.share);
  return most === undefined
    ? ""
    : `BOS, where heads look that need nothing, takes up to ${most.share.toFixed(2)} (from ${readerName(most.reader)}); the colours leave it out.`;
}

/** Does the prompt start with the token that begins every text? */
export function hasBos([first = ""]: readonly string[]): boolean {
  return specialName(first) === "BOS";
}
