/** The study `steering` on the embedded model against PyTorch: directions at every latent, and what they do to the logits. */
// @needs engine, time

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CodiModel, tf } from "../../src/index.js";
import { bestLatent, type Direction, type Directions, directionsOf } from "../../src/studies/steering/directions.js";
import type { SteeredSite } from "../../src/studies/steering/record.js";
import { contrastTo, steeredSites } from "../../src/studies/steering/runs.js";
import { SITES, type Site } from "../../src/studies/steering/sites.js";
import { readJson } from "../support/parity.js";
import { loadTiny } from "../support/tiny.js";

interface MadeSite {
  readonly latent: number;
  readonly latents: readonly {
    readonly length: number;
    readonly probe: number;
    readonly agreement: number;
    /** Of length and probe, relative to the length. */
    readonly gap: number;
    readonly agreement_gap: number;
  }[];
  readonly runs: readonly {
    readonly latent: number;
    readonly strength: number;
    readonly change: number;
    readonly gap: number;
  }[];
}

const { cases } = readJson<{
  cases: readonly {
    readonly question: string;
    readonly pairs: readonly { readonly from: string; readonly to: string }[];
    readonly predicted: number;
    readonly other: number;
    readonly at: number;
    readonly sites: Readonly<Record<Site, MadeSite>>;
  }[];
}>("steering");
let model: CodiModel;
beforeAll(async () => {
  model = await loadTiny();
});
afterAll(() => model.dispose());

/** Product of all parts, one after the other, with cos 0, cos 1, cos 2 … */
function probeOf({ parts }: Direction): number {
  const flat = parts.flatMap(({ vector }) => [...vector]);
  return flat.reduce((sum, value, i) => sum + value * Math.cos(i), 0);
}

describe.each(cases.map((each, i) => ({ ...each, name: `case ${i}` })))(
  "$name",
  ({ question, pairs, sites, ...made }) => {
    let directions: Directions;
    let steered: readonly SteeredSite[];

    beforeAll(async () => {
      const before = tf.memory().numTensors;
      directions = await directionsOf(model, pairs);
      const clean = await model.run(question);
      const contrast = contrastTo(model, { result: clean, number: made.predicted });
      if (contrast === null) throw new Error("the answers do not part");
      expect(contrast).toEqual({ tokens: clean.answer.ids.slice(0, made.at + 1), other: made.other });
      steered = await steeredSites(model, clean, { directions, contrast, seed: 1, maxNewTokens: 12 });
      expect(tf.memory().numTensors).toBe(before);
    }, 60_000);

    test.each(SITES)(
      "directions at the site %s are the reference's at every latent, and so is the latent that is taken",
      (site) => {
        expect(directions[site]).toHaveLength(6);
        const { latents } = sites[site];
        const gap = Math.max(...latents.map((each) => each.gap));
        const agreementGap = Math.max(...latents.map((each) => each.agreement_gap));
        for (const [latent, { length, probe, agreement }] of latents.entries()) {
          const mine = directions[site][latent];
          if (mine === undefined) throw new Error(`no latent ${latent}`);
          expect(Math.abs(mine.length - length), `length at latent ${latent}`).toBeLessThan(10 * gap * length);
          expect(Math.abs(probeOf(mine) - probe), `probe at latent ${latent}`).toBeLessThan(10 * gap * length);
          expect(Math.abs(mine.agreement - agreement)).toBeLessThan(10 * agreementGap);
        }
        expect(bestLatent(directions[site])).toBe(sites[site].latent);
      },
    );

    test.each(SITES)(
      "what is added at the site %s moves the logits as in the reference, at every strength and at another latent",
      (site) => {
        const mine = steered.find((each) => each.site === site);
        expect(mine?.latent).toBe(sites[site].latent);
        const runs = (mine?.runs ?? []).filter(
          ({ added, strength }) => added === "own" || (added === "elsewhere" && strength === 1),
        );
        expect(runs.map(({ strength }) => strength)).toEqual([-1, 0.5, 1, 2, 1]);
        const gap = Math.max(...sites[site].runs.map((each) => each.gap));
        for (const { added, strength, change } of runs) {
          const latent = added === "own" ? mine?.latent : mine?.elsewhere;
          const wanted = sites[site].runs.find((each) => each.latent === latent && each.strength === strength);
          if (wanted === undefined) throw new Error(`no run at latent ${latent}`);
          expect(Math.abs((change ?? Number.NaN) - wanted.change), `${added} ${strength}`).toBeLessThan(10 * gap);
        }
      },
    );
  },
);
