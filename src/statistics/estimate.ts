/** What statistics give: a number, a p-value or a share, or why there is none. */

/** A number with its 95 % interval, or why there is none. Never NaN. */
export type Estimate =
  | {
      readonly kind: "value";
      readonly value: number;
      readonly low: number | null;
      readonly high: number | null;
      readonly n: number;
    }
  | { readonly kind: "undefined"; readonly reason: string };

/** A two-sided p-value, or why there is none. Never 0. */
export type PValue =
  | { readonly kind: "value"; readonly p: number }
  | { readonly kind: "undefined"; readonly reason: string };

/** A rate as count of n with its Wilson interval. */
export interface Rate {
  readonly count: number;
  readonly n: number;
  readonly rate: Estimate;
}
