/** Where derivatives enter and leave a run: at each wanted site what goes on is a tensor of its own, whose gradient or change is kept. */

import { UsageError } from "../../../base/errors.js";
import { toPositions } from "../../decoder/columns.js";
import type { Tangents } from "../../gradient/tangents.js";
import type { Tape } from "../../gradient/tape.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Tap } from "../../hooks/observer.js";
import type { Step } from "../../hooks/step.js";
import { add, same } from "../../tensor/ops.js";
import { unrecorded } from "../../tensor/recording.js";
import { type Tensor, type Tensor2D, tf } from "../../tensor/tf.js";
import type { RecordedSites } from "./recorded-sites.js";
import { type Spot, sizeOfSpot, stretchesIn } from "./stretches.js";

/** Sites whose tensors are told apart, each once. */
interface TapOptions {
  readonly sites: readonly ParsedSite[];
  /** Are the inputs of latents constants? */
  readonly pins: boolean;
  readonly kept: RecordedSites;
}

const LATENT_INPUT = "latents.hook_input";

/** Does nothing that depends on it depend on what was before it? */
function isCut(site: ParsedSite, pins: boolean): boolean {
  return pins && site.kind === LATENT_INPUT;
}

/** The taps of reverse mode. */
export class GradientTaps {
  /** A constant input of a latent → what it was made of. */
  readonly #madeOf = new Map<number, number>();
  readonly taps: readonly Tap[];

  constructor(
    readonly tape: Tape,
    { sites, pins, kept }: TapOptions,
  ) {
    this.taps = sites.map((site) => {
      const through = <T extends Tensor>(x: T, keep: (gradient: Tensor | null) => void): T => {
        const own = this.#own(x, isCut(site, pins));
        if (kept.has(site)) this.tape.watch(own, keep);
        return own;
      };
      const tap: Tap = {
        site,
        wants: () => true,
        through: (x, step) => through(x, (gradient) => kept.keep(gradient, { site: site.name, step, shape: x.shape })),
      };
      // Whoever reads a constant must find what it was made of, by the tensor that it reads.
      if (isCut(site, pins)) return tap;
      const throughColumns: Tap["throughColumns"] = (x, step, { tail }) =>
        through(x, (gradient) =>
          tf.tidy(() => {
            const positions = gradient && toPositions(gradient as Tensor2D, { ...step, tail });
            kept.keep(positions, { site: site.name, step, shape: [step.rows, step.columns, ...tail] });
          }),
        );
      return { ...tap, throughColumns };
    });
  }

  /** Gradients by what was read, on to what a constant was made of: a reading of it sees both. */
  seeded(seeds: ReadonlyMap<number, Tensor>): Map<number, Tensor> {
    const all = new Map(seeds);
    for (const [id, seed] of seeds) {
      const before = this.#madeOf.get(id);
      if (before !== undefined) all.set(before, seed);
    }
    return all;
  }

  /** The same numbers as a tensor of its own; where it is cut, one that depends on nothing. */
  #own<T extends Tensor>(x: T, isCutOff: boolean): T {
    if (!isCutOff) return same(x);
    const own = unrecorded(() => same(x));
    this.#madeOf.set(own.id, x.id);
    return own;
  }
}

/** A direction at a spot. */
export interface Direction {
  readonly spot: Spot;
  readonly direction: Float32Array;
}

/** The taps of forward mode. */
export class ChangeTaps {
  readonly taps: readonly Tap[];

  constructor(
    readonly tangents: Tangents,
    { directions, ...options }: TapOptions & { readonly directions: readonly Direction[] },
  ) {
    this.taps = options.sites.map((site) => {
      const own = directions.filter(({ spot }) => spot.site.name === site.name);
      const through: Tap["through"] = (x, step) => this.#through(x, step, { site, directions: own, ...options });
      return { site, wants: () => true, through };
    });
  }

  #through(
    x: Tensor,
    step: Step,
    {
      site,
      pins,
      kept,
      directions,
    }: Omit<TapOptions, "sites"> & { readonly site: ParsedSite; readonly directions: readonly Direction[] },
  ): Tensor {
    const own = isCut(site, pins) ? unrecorded(() => same(x)) : same(x);
    const given = unrecorded(() => directed(directions, { step, shape: x.shape }));
    const passed = this.tangents.of(own);
    if (given !== null) this.tangents.set(own, passed === null ? given : unrecorded(() => add(passed, given)));
    if (kept.has(site)) this.#keep(x, { given, kept, at: { site: site.name, step, shape: own.shape } });
    return own;
  }

  /** What arrives and what is given, whether or not what arrives goes on. */
  #keep(
    x: Tensor,
    {
      given,
      kept,
      at,
    }: {
      readonly given: Tensor | null;
      readonly kept: RecordedSites;
      readonly at: { readonly site: string; readonly step: Step; readonly shape: readonly number[] };
    },
  ): void {
    const arrived = this.tangents.of(x);
    const change = arrived !== null && given !== null ? unrecorded(() => add(arrived, given)) : (arrived ?? given);
    kept.keep(change, at);
  }
}

/** Directions as a tensor of one forward; null where none of them lies in it. */
function directed(
  directions: readonly Direction[],
  { step, shape }: { readonly step: Step; readonly shape: readonly number[] },
): Tensor | null {
  const numbers = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let any = false;
  for (const { spot, direction } of directions) {
    checkDirection({ spot, direction }, shape);
    for (const { inTensor, inVector, length } of stretchesIn(spot, { step, shape })) {
      any = true;
      for (let i = 0; i < length; i++)
        numbers[inTensor + i] = (numbers[inTensor + i] ?? 0) + (direction[inVector + i] ?? 0);
    }
  }
  return any ? tf.tensor(numbers, [...shape]) : null;
}

function checkDirection(
  { spot, direction }: { readonly spot: Spot; readonly direction: unknown },
  shape: readonly number[],
): void {
  const wanted = sizeOfSpot(spot, shape);
  if (direction instanceof Float32Array && direction.length === wanted) return;
  const found = direction instanceof Float32Array ? `${direction.length} numbers` : "no Float32Array";
  throw new UsageError(
    `The direction at ${spot.site.name} is ${found}, wanted ${wanted} numbers`,
    "give one number for each that captures.at(site, address) has",
  );
}
