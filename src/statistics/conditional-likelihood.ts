/** Likelihood of which rows of a stratum have the event, given how many have (recursion of Gail, Lubin and Rubinstein 1981). */

/** Rows of one problem, those with the event first; `design` is `[row, covariate]`. */
export interface Stratum {
  readonly rows: number;
  readonly events: number;
  readonly width: number;
  readonly design: Float64Array;
}

/** Log-likelihood, gradient `[covariate]` and information `[covariate, covariate]`. */
export interface Likelihood {
  readonly logLikelihood: number;
  readonly gradient: Float64Array;
  readonly information: Float64Array;
}

/** Sum over strata at `beta`. */
export function conditionalLikelihood(strata: readonly Stratum[], beta: Float64Array): Likelihood {
  const width = beta.length;
  const gradient = new Float64Array(width);
  const information = new Float64Array(width * width);
  let logLikelihood = 0;
  for (const stratum of strata) logLikelihood += addStratum(stratum, beta, { gradient, information });
  return { logLikelihood, gradient, information };
}

// sums[m] = Σ over all sets of m rows of exp(Σ x·β), with first and second derivatives beside it.
function addStratum(
  { rows, events, width, design }: Stratum,
  beta: Float64Array,
  { gradient, information }: { readonly gradient: Float64Array; readonly information: Float64Array },
): number {
  const score = new Float64Array(rows);
  for (let i = 0; i < rows; i++)
    for (let a = 0; a < width; a++) score[i] = (score[i] ?? 0) + (design[i * width + a] ?? 0) * (beta[a] ?? 0);
  const shift = score.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  const span = 1 + width + width * width;
  const sums = new Float64Array((events + 1) * span);
  sums[0] = 1;
  for (let i = 0; i < rows; i++) {
    const weight = Math.exp((score[i] ?? 0) - shift);
    for (let m = Math.min(i + 1, events); m >= 1; m--) {
      const [to, from] = [m * span, (m - 1) * span];
      const before = sums[from] ?? 0;
      for (let a = 0; a < width; a++) {
        const xa = design[i * width + a] ?? 0;
        const first = sums[from + 1 + a] ?? 0;
        for (let b = 0; b < width; b++) {
          const xb = design[i * width + b] ?? 0;
          const at = 1 + width + a * width + b;
          const second = (sums[from + at] ?? 0) + first * xb + (sums[from + 1 + b] ?? 0) * xa + before * xa * xb;
          sums[to + at] = (sums[to + at] ?? 0) + weight * second;
        }
        sums[to + 1 + a] = (sums[to + 1 + a] ?? 0) + weight * (first + before * xa);
      }
      sums[to] = (sums[to] ?? 0) + weight * before;
    }
  }
  const last = events * span;
  const all = sums[last] ?? 1;
  let observed = 0;
  for (let i = 0; i < events; i++) observed += (score[i] ?? 0) - shift;
  for (let a = 0; a < width; a++) {
    const meanA = (sums[last + 1 + a] ?? 0) / all;
    let mine = 0;
    for (let i = 0; i < events; i++) mine += design[i * width + a] ?? 0;
    gradient[a] = (gradient[a] ?? 0) + mine - meanA;
    for (let b = 0; b < width; b++) {
      const second = (sums[last + 1 + width + a * width + b] ?? 0) / all;
      const covariance = second - meanA * ((sums[last + 1 + b] ?? 0) / all);
      information[a * width + b] = (information[a * width + b] ?? 0) + covariance;
    }
  }
  return observed - Math.log(all);
}
