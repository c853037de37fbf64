/** The colour scale of the page's maps, as classes, because the page's policy allows no inline style. */

/** Steps of the scale; `scale-0` is nothing, `scale-6` all. */
export const SCALE_STEPS = 7;

/** The class for a share from 0 to 1. */
export function scaleClass(share: number): string {
  if (!Number.isFinite(share)) return "scale-none";
  return `scale-${Math.min(SCALE_STEPS - 1, Math.max(0, Math.round(share * (SCALE_STEPS - 1))))}`;
}
