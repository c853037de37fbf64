/** Ways to take a latent away, by name. */

/** Operations for `--ablation`. */
export const ABLATIONS = ["zero", "mean", "resample", "random"] as const;

/** What runs by default beside zero. */
export const CONTROL_ABLATIONS: readonly string[] = ["zero", "random"];

/** @returns what was asked for and zero, with the controls where these run. */
export function ablationsOf(asked: readonly string[], withControls: boolean): string[] {
  return [...new Set(["zero", ...(withControls ? CONTROL_ABLATIONS : []), ...asked])].sort();
}
