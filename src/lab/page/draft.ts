/** The place that the next edit is for: the opened cell, one of its heads, or an edge of attention. */

import { computed, effect, signal } from "@preact/signals";
import type { CellTarget, EdgeTarget, EditTarget } from "../edits/edit.js";
import { clean, hasLatents, lab, show } from "./state.js";

/** A cell of block × latent. */
export type CellPlace = Pick<CellTarget, "block" | "latent">;

/** What is chosen. */
export type TargetKind = EditTarget["kind"];

/** The kind of place. */
export const targetKind = signal<TargetKind>("cell");
/** The head, where one is meant. */
export const headOf = signal(0);
/** The edge; its block is that of the cell. */
export const edge = signal<Pick<EdgeTarget, "head" | "query" | "key">>({ head: null, query: "eot", key: "latent.0" });

/** The cell that the place follows: the opened one, else latent 0 halfway up. */
export const place = computed(() => {
  const { cell } = lab.value.view;
  if (cell !== null) return cell;
  return { block: Math.floor((clean.value?.model.blocks ?? 2) / 2), latent: 0 };
});

/** The head that is meant; the last one where another model had more. */
export const chosenHead = computed(() => Math.min(headOf.value, (clean.value?.model.heads ?? 1) - 1));

/** Where the next edit acts. */
export const draft = computed((): EditTarget => {
  const { block, latent } = place.value;
  // Without latents there are edges alone.
  if (!hasLatents()) return { kind: "edge", block, ...edge.value };
  if (targetKind.value === "cell") return { kind: "cell", block, latent };
  if (targetKind.value === "head") return { kind: "head", block, head: chosenHead.value, latent };
  return { kind: "edge", block, ...edge.value };
});

/** Chooses another block or latent, which opens that cell. */
export function choosePlace(next: { readonly block?: number; readonly latent?: number }): void {
  show({ cell: { ...place.peek(), ...next } });
}

/** Opens a cell, as from a map: the next edit is for it, or for the chosen head of it. */
export function openCell(cell: CellPlace): void {
  if (targetKind.peek() === "edge") targetKind.value = "cell";
  show({ cell });
}

/** Makes a place the one that the next edit is for, and opens its cell where it has one. */
export function aim(target: EditTarget): void {
  targetKind.value = target.kind;
  if (target.kind === "edge") {
    const { head, query, key } = target;
    edge.value = { head, query, key };
    choosePlace({ block: target.block });
    return;
  }
  if (target.kind === "head") headOf.value = target.head;
  choosePlace({ block: target.block, latent: target.latent });
}

// Another question has other positions, and another model other heads: an edge between positions that are gone falls back to one that is always there.
effect(() => {
  const names = clean.value?.positions.map(({ name }) => name) ?? [];
  const { head, query, key } = edge.peek();
  if (head !== null && head >= (clean.value?.model.heads ?? Number.POSITIVE_INFINITY))
    edge.value = { head: null, query, key };
  const first = names.includes("latent.0") ? "latent.0" : "question.0";
  if (names.length > 0 && !(names.includes(query) && names.includes(key)))
    edge.value = { ...edge.peek(), query: "eot", key: first };
});
