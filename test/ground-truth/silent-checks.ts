/** What the studies may not find: where no latent's thought is fed to the next one, and where all that was learned is gone. */

import type { Summary } from "../../src/analysis/index.js";
import { type KnownStudy, ofStudyIn } from "../support/known-study.js";
import type { Check } from "./checks.js";

/** Studies whose conditions take something from the latents, and are tested one by one. */
const TESTED = {
  "token-ablation": "no latent is needed",
  ablation: "none is needed, however it is taken away",
  "layer-map": "no latent is needed at any block",
  "question-to-latent": "no latent needs a part of the question",
  "latent-to-latent": "no path between latents is needed",
  corruption: "nothing rests on what exactly a latent holds",
} as const;

/** Of a model whose latents have one learned input each: what a latent finds reaches later ones by attention alone. */
export function unfedChecks(summary: Summary): Check[] {
  const of = ofStudyIn(summary);
  return [
    ...Object.entries(TESTED).flatMap(([name, nothing]) => of(name, (study) => [untouched(study, name, nothing)])),
    ...of("subsets", subsets),
    ...of("patching", patching),
    ...of("steering", steering),
    ...of("subspace", subspace),
    ...of("edges", edges),
  ];
}

/** Of a model whose weights were shuffled: it answers nothing right and holds no values. */
export function shuffledChecks(summary: Summary): Check[] {
  const { correct, n } = summary.baseline;
  const of = ofStudyIn(summary);
  return [
    { study: "baseline", planted: "no answer is right", found: `${correct} of ${n}`, holds: n > 0 && correct === 0 },
    ...of("lens", named),
    ...of("verified", chained),
    ...unfedChecks(summary),
  ];
}

function untouched({ conditions }: KnownStudy, study: string, planted: string): Check {
  const effects = conditions.filter(({ isControl }) => !isControl);
  const shown = effects.filter(({ mcnemarHolm }) => mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05);
  const most = effects.reduce((sum, { broken }) => Math.max(sum, broken.count), 0);
  return {
    study,
    planted,
    found: `${most} of ${effects[0]?.broken.n ?? 0} broken at most, ${shown.length} of ${effects.length} conditions shown`,
    holds: effects.length > 0 && shown.length === 0,
  };
}

function subsets({ shares }: KnownStudy): Check[] {
  const known = (shares?.values ?? []).flatMap((each) => (each.kind === "value" ? each : []));
  return [
    {
      study: "subsets",
      planted: "no latent brings right answers",
      found: `Shapley shares ${known.map(({ value }) => value.toFixed(2).replace(/^-(?=0\.00$)/, "")).join(", ")}`,
      holds: known.length > 0 && known.every(({ low }) => low <= 0),
    },
  ];
}

function patching({ patching: found }: KnownStudy): Check[] {
  if (found === null || found === undefined) return [];
  const { differs } = found.carrying;
  const effect = differs.kind === "value" ? differs.value : null;
  return [
    {
      study: "patching",
      planted: "no latent carries the answer",
      found:
        effect === null ? `no pair to patch (${found.pairs})` : `effect ${effect.toFixed(3)}, ${found.pairs} pairs`,
      holds: effect === null || Math.abs(effect) < 0.02,
    },
  ];
}

function steering({ steering: found }: KnownStudy): Check[] {
  if (found === undefined) return [];
  const moved = found.doses
    .filter(({ site, added }) => site === "input" && added === "own")
    .reduce((most, dose) => Math.max(most, dose.moved.count), 0);
  return [
    {
      study: "steering",
      planted: "no direction at a latent's input says what is answered",
      found: `${moved} of ${found.problems} answers at most`,
      holds: moved === 0,
    },
  ];
}

function subspace({ subspace: found }: KnownStudy): Check[] {
  if (found === undefined) return [];
  const most = found.blocks.reduce((count, { moved }) => Math.max(count, moved.count), 0);
  return [
    {
      study: "subspace",
      planted: "the whole state at BOT and the latents carries no value, so no directions are trained",
      found: `${most} of ${found.blocks[0]?.moved.n ?? 0} answers move`,
      holds: found.whole === null,
    },
  ];
}

function edges({ edges: found }: KnownStudy): Check[] {
  if (found === undefined) return [];
  const { written } = found.projection;
  const share = written.kind === "value" ? written.value : 0;
  return [
    {
      study: "edges",
      planted: "no edge goes through a projection",
      found: `${(100 * share).toFixed(1)} % of all scores, ${found.pairs} pairs`,
      holds: share === 0,
    },
  ];
}

function named({ lens }: KnownStudy): Check[] {
  const cells = (lens?.cells ?? []).filter(({ n }) => n > 0);
  const share = Math.max(0, ...cells.map(({ hits, n }) => hits / n));
  const chance = Math.max(0, ...cells.map((each) => each.chance ?? 0));
  return [
    {
      study: "lens",
      planted: "no position names a step",
      found: `${(100 * share).toFixed(0)} % at most, other problems' values ${(100 * chance).toFixed(0)} %`,
      holds: cells.length > 0 && share <= Math.max(0.1, 2 * chance),
    },
  ];
}

function chained({ verified }: KnownStudy): Check[] {
  return (verified?.levels ?? []).map(({ choices, same: { own, other } }) => ({
    study: "verified",
    planted: `no chain of equations can be read (${choices} choice${choices === 1 ? "" : "s"})`,
    found: `${own.count} of ${own.n}, with another problem's latents ${other?.count ?? "–"}`,
    holds: own.count <= 0.05 * own.n,
  }));
}
