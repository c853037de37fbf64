/** What components are called at a place of the sequence, and which of them join latents. */

import type { Source, Target } from "./graph.js";

/** What a component wrote, at a place. What entered at a latent is what the projection wrote. */
export function writerName(source: Source, place: string): string {
  switch (source.kind) {
    case "input":
      return isLatent(place) ? `projection to ${place}` : `embedding at ${place}`;
    case "head":
      return `head ${source.block}.${source.head} at ${place}`;
    case "mlp":
      return `MLP ${source.block} at ${place}`;
  }
}

/** What read the stream, at a place. */
export function readerName(
  target: Target,
  { place, latents }: { readonly place: string; readonly latents: readonly string[] },
): string {
  switch (target.kind) {
    case "attention":
      return `attention ${target.block} at ${place}`;
    case "mlp":
      return `MLP ${target.block} at ${place}`;
    case "output": {
      const next = latentAfter(place, latents);
      return next === null ? `logits at ${place}` : `projection to ${next}`;
    }
  }
}

/** The latent whose input is made of the state at a place; null where the state makes none. */
export function latentAfter(place: string, latents: readonly string[]): string | null {
  if (place === "bot") return latents[0] ?? null;
  const at = latents.indexOf(place);
  return at < 0 ? null : (latents[at + 1] ?? null);
}

/** Is the place a latent? */
export function isLatent(place: string): boolean {
  return place.startsWith("latent.");
}
