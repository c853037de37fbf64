/** What was planted in the embedded model (weights/tiny-codi/README.md), against what the studies say of it. */

import type { Summary } from "../../src/analysis/index.js";
import { isLonger } from "../../src/studies/budget/longer.js";
import type { StudyCondition } from "../../src/studies/finding.js";
import type { LayerLensSummary } from "../../src/studies/lens/layers.js";
import { r2Of } from "../../src/studies/lens/probes.js";
import { strongest } from "../../src/studies/residual/summary.js";
import { type KnownStudy, knownStudy, ofStudyIn } from "../support/known-study.js";
import { edges } from "./edges-checks.js";

/** One thing that is known to be so, and whether the study finds it. */
export interface Check {
  readonly study: string;
  readonly planted: string;
  readonly found: string;
  readonly holds: boolean;
}

/** @returns the checks of all studies that were run, in the order of the report. */
export function embeddedChecks(summary: Summary): Check[] {
  const of = ofStudyIn(summary);
  return [
    ...(summary.latents.length === 0 ? [] : tokenAblation(summary)),
    ...of("lens", lens),
    ...of("verified", verified),
    ...of("budget", budget),
    ...of("subsets", subsets),
    ...of("layer-map", layerMap),
    ...of("question-to-latent", questionToLatent),
    ...of("latent-to-latent", latentToLatent),
    ...of("influence", influence),
    ...of("corruption", corruption),
    ...of("patching", patching),
    ...of("attribution", attribution),
    ...of("steering", steering),
    ...of("subspace", subspace),
    ...of("edges", edges),
    ...of("residual", residual),
    ...of("controls", controls),
  ];
}

/** The same of the other models of the package, whose latents were trained to name the same values. */
export function otherChecks(summary: Summary): Check[] {
  const found = knownStudy(summary, "lens");
  return [
    ...(/pause$/.test(summary.protocol) ? nothingFed(summary) : tokenAblation(summary)),
    ...(found === undefined ? [] : firstSteps(found)),
  ];
}

function nothingFed({ latents }: Summary): Check[] {
  const counts = latents.map(({ broken }) => broken.count);
  const n = latents[0]?.broken.n ?? 0;
  return [
    {
      study: "token-ablation",
      planted: "nothing that a latent finds is fed to the next: no latent alone is needed",
      found: `${counts.join(", ")} of ${n} broken`,
      holds: n > 0 && counts.every((count) => count <= 0.2 * n),
    },
  ];
}

function firstSteps(study: KnownStudy): Check[] {
  const [first, second] = ["bot", "latent.0"].map((position, i) =>
    study.lens?.cells.find((cell) => cell.position === position && cell.target === `step ${i + 1}`),
  );
  const share = (cell: typeof first): number => (cell === undefined ? Number.NaN : cell.hits / cell.n);
  return [
    {
      study: "lens",
      planted: "BOT names step 1, latent 0 names step 2",
      found: `${percent(share(first))} and ${percent(share(second))}`,
      holds: share(first) >= 0.95 && share(second) >= 0.8,
    },
    ...lens(study).filter(({ planted }) => planted.startsWith("no position names")),
  ];
}

function tokenAblation({ latents }: Summary): Check[] {
  const counts = latents.map(({ broken }) => broken.count);
  const n = latents[0]?.broken.n ?? 0;
  return [
    {
      study: "token-ablation",
      planted:
        "early latents hold the steps that later ones build on, the last ones copies of the answer: importance falls with k",
      found: `${counts.join(", ")} of ${n} broken`,
      // Neighbours may change places by chance: of few problems, by a tenth of them.
      holds: counts.every((count, k) => count <= (counts[k - 1] ?? count) + 0.1 * n) && (counts[0] ?? 0) > 0.1 * n,
    },
    {
      study: "token-ablation",
      planted: "nothing rests on latent 5 where a problem has fewer than seven steps, and none has",
      found: `${counts[5]} broken`,
      holds: counts[5] === 0,
    },
  ];
}

function lens({ lens: map, layerLens }: KnownStudy): Check[] {
  const cells = map?.cells ?? [];
  const stepAt = (position: string): string => `step ${position === "bot" ? 1 : Number(position.slice(7)) + 2}`;
  const planted = cells.filter(({ position, target, n }) => target === stepAt(position) && n > 0);
  const others = cells.filter(
    ({ target, position, n }) => /^step/.test(target) && target !== stepAt(position) && n > 0,
  );
  const share = (some: typeof cells): number =>
    some.reduce((sum, { hits }) => sum + hits, 0) /
    Math.max(
      1,
      some.reduce((sum, { n }) => sum + n, 0),
    );
  const chance = cells.reduce((most, each) => Math.max(most, each.chance ?? 0), 0);
  // A step that a later position names as well is the last one of its problem: the answer repeated, as planted.
  const early = others.filter(({ position, target }) => Number(target.slice(5)) > Number(stepAt(position).slice(5)));
  return [
    {
      study: "lens",
      planted: "BOT names step 1, latent k names step k + 2",
      found: `${percent(share(planted))} of ${planted.length} such cells' problems`,
      holds: share(planted) >= 0.95,
    },
    {
      study: "lens",
      planted: "no position names a step that is still to come",
      found: `${percent(share(early))} named, other problems' values ${percent(chance)} at most`,
      holds: share(early) <= Math.max(0.15, chance),
    },
    ...(layerLens === undefined ? [] : layers(layerLens, stepAt)),
  ];
}

function layers({ layers: names, cells, probes }: LayerLensSummary, stepAt: (position: string) => string): Check[] {
  const right = cells.filter(({ position, target, n }) => target === stepAt(position) && n > 0);
  const shareAt = (layer: string | undefined): number => {
    const mine = right.filter((cell) => cell.layer === layer);
    return mine.reduce((sum, { first }) => sum + first, 0) / mine.reduce((sum, { n }) => sum + n, 0);
  };
  const [early, late] = [shareAt(names[1]), shareAt(names.at(-1))];
  const read = probes.filter(({ position, target, r2 }) => target === stepAt(position) && r2.kind === "value");
  const best = [...new Set(read.map(({ target }) => target))].map((target) =>
    Math.max(...read.filter((probe) => probe.target === target).map(r2Of)),
  );
  const control = Math.max(...read.map((probe) => probe.control?.mean ?? 1));
  return [
    {
      study: "lens",
      planted:
        "the head names the right step after the last block, where it was trained to, and not yet after the first",
      found: `${percent(early)} after the first block, ${percent(late)} after the last`,
      holds: late >= 0.95 && early <= 0.15,
    },
    {
      study: "lens",
      planted: "a probe reads each step at its position, and nothing of shuffled values",
      found: `best R² ${best.map((r2) => r2.toFixed(2)).join(", ")}; shuffled ${control.toFixed(2)} at most`,
      holds: best.length > 0 && best.every((r2) => r2 >= 0.8) && control < 0.1,
    },
  ];
}

function verified({ verified: found }: KnownStudy): Check[] {
  return (found?.levels ?? []).map(({ choices, same: { own, other } }) => ({
    study: "verified",
    planted: `the values that the head names in its ${choices === 1 ? "first choice" : `first ${choices} choices`} chain to the planted equations, and another problem's do not`,
    found: `${own.count} of ${own.n} are the planted chain, with another problem's latents ${other?.count}`,
    holds: own.n > 0 && own.count >= 0.95 * own.n && other !== null && other.count <= 0.05 * other.n,
  }));
}

function budget({ conditions }: KnownStudy): Check[] {
  const right = conditions.filter((each) => !each.isControl && !isLonger(each)).map((each) => each.right);
  const control = conditions.filter(({ isControl }) => isControl).map((each) => each.right);
  const n = right[0]?.n ?? 0;
  return [
    {
      study: "budget",
      planted:
        "a problem of s steps has its answer from latent s − 2 on: the more latents can be read, the more answers are right",
      found: `${right.map(({ count }) => count).join(", ")} of ${n} right with 0 … ${right.length - 1} latents`,
      holds: right.every(({ count }, i) => i === 0 || count >= (right[i - 1]?.count ?? 0) - 0.03 * n),
    },
    {
      study: "budget",
      planted: "without a latent no answer of two or more steps can be read off anything",
      found: `${right[0]?.count} of ${n} right`,
      holds: (right[0]?.count ?? n) <= 0.1 * n,
    },
    {
      study: "budget",
      planted: "the values are in the latents, so hiding as many positions of the question instead costs less",
      found: `${control.map(({ count }) => count).join(", ")} right`,
      holds: control.every(({ count }, i) => count >= (right[i]?.count ?? 0) || count >= 0.95 * n),
    },
  ];
}

function subsets({ shares }: KnownStudy): Check[] {
  const values = (shares?.values ?? []).map((each) => (each.kind === "value" ? each.value : Number.NaN));
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  return [
    {
      study: "subsets",
      planted: "the first latent brings more than the last",
      found: `Shapley shares ${values.map((value) => value.toFixed(2)).join(", ")}`,
      holds: first > last && first === Math.max(...values),
    },
  ];
}

function layerMap({ conditions }: KnownStudy): Check[] {
  const effects = conditions.filter(({ isControl }) => !isControl);
  const depth = 1 + Math.max(...effects.map(({ factors }) => Number(factors["layer"])));
  const last = effects.filter(({ factors }) => Number(factors["layer"]) === depth - 1).at(-1);
  const change = last?.deltaLogProb.kind === "value" ? last.deltaLogProb.value : Number.NaN;
  return [
    {
      study: "layer-map",
      planted: "nobody reads the last latent's output of the last block",
      found: `${last?.broken.count} broken, log-probability moves by ${change.toExponential(1)}`,
      holds: last?.broken.count === 0 && Math.abs(change) < 1e-3,
    },
  ];
}

function questionToLatent({ conditions }: KnownStudy): Check[] {
  const at = (from: string, factor: "span" | "instead", span: string): StudyCondition | undefined =>
    conditions.find(({ factors }) => factors["from"] === from && factors[factor] === span);
  const [bot, control] = [at("bot", "span", "all numbers"), at("bot", "instead", "all numbers")];
  return [
    {
      study: "question-to-latent",
      planted: "BOT computes step 1 from numbers",
      found: `${bot?.broken.count} of ${bot?.broken.n} broken without numbers, ${control?.broken.count} without as many random positions`,
      holds: (bot?.broken.count ?? 0) > 2 * (control?.broken.count ?? 0),
    },
  ];
}

function latentToLatent({ conditions }: KnownStudy): Check[] {
  const effects = conditions.filter(({ isControl }) => !isControl);
  const control = Math.max(...conditions.filter(({ isControl }) => isControl).map(({ broken }) => broken.count));
  const most = [...effects].sort((a, b) => b.broken.count - a.broken.count)[0];
  return [
    {
      study: "latent-to-latent",
      planted:
        "a value passes to the next latent through its input, without attention: no single path need break more than a random one",
      found: `most: “${most?.condition}” ${most?.broken.count} of ${most?.broken.n}; control at most ${control}`,
      holds: (most?.broken.count ?? 0) >= control,
    },
  ];
}

function influence({ influence: found }: KnownStudy): Check[] {
  if (found === undefined) return [];
  const value = (each: typeof found.leading): number => (each.kind === "value" ? each.value : Number.NaN);
  const next = value(found.neighbours.largest);
  const [later, held] = [found.apart.total, found.apart.direct].map(({ largest }) => value(largest));
  return [
    {
      study: "influence",
      planted: "a value passes to the next latent through its input: that moves it more than later ones",
      found: `largest gain ${next.toFixed(2)} on the next latent, ${later?.toFixed(2)} on later ones, ${held?.toFixed(2)} with the inputs between held`,
      holds: next > (later ?? Number.NaN) && next > (held ?? Number.NaN),
    },
    {
      study: "influence",
      planted: "what passes on is one number: few directions carry it",
      found: `one direction makes ${percent(value(found.leading))} of the squared Frobenius norm`,
      holds: value(found.leading) >= 0.5,
    },
  ];
}

function corruption({ conditions }: KnownStudy): Check[] {
  const all = (kind: string): number =>
    conditions.find(({ factors }) => factors["kind"] === kind && factors["latent"] === "all")?.broken.count ??
    Number.NaN;
  const noise = ["0.1", "0.5", "1", "2"].map((sigma) => all(`noise, σ ${sigma}`));
  return [
    {
      study: "corruption",
      planted: "noise that is small against the stream breaks nothing, another problem's latents break many answers",
      found: `noise ${noise.join(", ")} broken; another problem's latents ${all("another problem's")}`,
      holds: noise[0] === 0 && all("another problem's") > 5 * Math.max(...noise),
    },
  ];
}

function patching({ patching: found }: KnownStudy): Check[] {
  if (found === null || found === undefined) return [];
  const { differs, same } = found.carrying;
  const value = (each: typeof differs): number => (each.kind === "value" ? each.value : Number.NaN);
  return [
    {
      study: "patching",
      planted:
        "a latent carries its step's value: patched, it brings the counterfactual's answer where that value differs, not where it is the same",
      found: `effect ${value(differs).toFixed(2)} where it differs, ${value(same).toFixed(2)} where it is the same, ${found.pairs} pairs`,
      holds: value(differs) > 0.05 && value(differs) > 5 * Math.abs(value(same)),
    },
  ];
}

function attribution({ attribution: found }: KnownStudy): Check[] {
  const all = found?.groups.find(({ by }) => by === "all")?.agreement;
  if (found === undefined || all === undefined) return [];
  const value = (each: typeof found.top.gradient): number => (each.kind === "value" ? each.value : Number.NaN);
  const percent = (each: typeof found.top.gradient): string => `${Math.round(100 * value(each))} %`;
  return (["gradient", "integrated"] as const).map((way) => ({
    study: "attribution",
    planted: `what ${way === "gradient" ? "one gradient" : "integrated gradients"} predict${way === "gradient" ? "s" : ""} is what patches do: r of at least 0.9 over cells, and 80 % of the 20 strongest`,
    found: `r = ${value(all[way].r).toFixed(2)}, slope ${value(all[way].slope).toFixed(2)}, ${percent(all[way].signs)} of signs, ${percent(found.top[way])} of the strongest, ${found.pairs} of ${found.predicted} pairs`,
    holds: value(all[way].r) >= 0.9 && value(found.top[way]) >= 0.8,
  }));
}

function steering({ steering: found }: KnownStudy): Check[] {
  if (found === undefined || found.problems === 0) return [];
  const { doses, picks } = found;
  const right = picks.filter(({ site, step, latent }) => site === "input" && latent === step - 1);
  const own = right.reduce((sum, { count }) => sum + count, 0);
  const value = (each: (typeof doses)[number]["toward"]): number => (each.kind === "value" ? each.value : Number.NaN);
  const input = doses.filter((dose) => dose.site === "input" && dose.added === "own");
  const toward = [...input].sort((a, b) => a.strength - b.strength).map((dose) => value(dose.toward));
  const sites = { input: "latent's input", resid: "residual stream", kv: "keys and values" } as const;
  return [
    {
      study: "steering",
      planted: "latent k is fed the value of step k + 1: there the pairs' differences have most in common",
      found: `at the latent's input in ${own} of ${found.problems} problems`,
      holds: own >= 0.8 * found.problems,
    },
    ...(["input", "resid", "kv"] as const).map((site): Check => {
      const [mine, ...controls] = (["own", "random", "elsewhere"] as const).map((added) =>
        doses.find((dose) => dose.site === site && dose.added === added && dose.strength === 1),
      );
      const lows = controls.map((each) => (each?.behind?.kind === "value" ? each.behind.low : null));
      const counts = controls.map((each) => each?.moved.count ?? Number.NaN);
      return {
        study: "steering",
        planted: `a direction moves the answer to what it says, and more than a random one and than at another latent: ${sites[site]}`,
        found: `${mine?.moved.count} of ${mine?.moved.n} answers, random ${counts[0]}, another latent ${counts[1]}; logits ${mine === undefined ? "" : value(mine.toward).toFixed(2)}, random ${controls[0] === undefined ? "" : value(controls[0].toward).toFixed(2)}, another latent ${controls[1] === undefined ? "" : value(controls[1].toward).toFixed(2)}`,
        holds:
          lows.every((low) => low !== null && low > 0) && counts.every((count) => (mine?.moved.count ?? 0) > count),
      };
    }),
    {
      study: "steering",
      planted: "the stronger the direction at the latent's input, the further the logits move, and the other way round",
      found: `logits ${toward.map((each) => each.toFixed(2)).join(", ")} at strength −1, 0.5, 1, 2`,
      holds: (toward[0] ?? 0) < 0 && toward.every((each, i) => i === 0 || each > (toward[i - 1] ?? 0)),
    },
  ];
}

function subspace({ subspace: found }: KnownStudy): Check[] {
  if (found?.whole === null || found === undefined) return [];
  const { whole, ranks, pairs } = found;
  const share = ({ ofWhole }: (typeof ranks)[number]): number =>
    ofWhole.kind === "value" ? ofWhole.value : Number.NaN;
  const said = ranks.map((each) => `${each.trained.moved.count} (${share(each).toFixed(2)})`).join(", ");
  const random = Math.max(...ranks.map((each) => each.random.moved.count));
  const same = ranks.map(({ other }) => other.moved);
  return [
    {
      study: "subspace",
      planted:
        "the value is one number: at most 8 directions at BOT and the latents do 0.9 of what the whole state does, and random ones move 0.2 at most",
      found: `${ranks.map(({ rank }) => rank).join(", ")} directions move ${said} of the whole state's ${whole.moved.count} of ${pairs}, random ones ${random}`,
      holds: ranks.some((each) => share(each) >= 0.9) && random <= 0.2 * pairs,
    },
    {
      study: "subspace",
      planted: "positions that name the same value in both runs carry none of the change",
      found: `there the same directions move ${Math.max(...same.map(({ count }) => count))} of ${same[0]?.n ?? 0}`,
      holds: same.every(({ count, n }) => n > 0 && count === 0),
    },
  ];
}

function residual({ residual: found }: KnownStudy): Check[] {
  const answer = found?.targets.find(({ name }) => name === "answer");
  if (answer?.own.kind !== "value") return [];
  const whole = answer.own.value;
  const embedding = answer.components.find(({ kind }) => kind === "embedding")?.own;
  const share = embedding?.kind === "value" ? embedding.value / whole : Number.NaN;
  const [most] = strongest(answer, 1);
  const [own, control] = [most?.own, most?.control].map((each) => (each?.kind === "value" ? each : null));
  return [
    {
      study: "residual",
      planted: "the token before the number is the same in every problem, so its embedding cannot write the answer",
      found: `${percent(share)} of ${whole.toFixed(2)} logits`,
      holds: Math.abs(share) <= 0.02,
    },
    {
      study: "residual",
      planted: "what writes the answer writes this problem's number and no other",
      found: `${most?.name}: ${own?.value.toFixed(2)} [${own?.low?.toFixed(2)}, ${own?.high?.toFixed(2)}] logits, a random number ${control?.value.toFixed(2)} [${control?.low?.toFixed(2)}, ${control?.high?.toFixed(2)}]`,
      holds: (own?.low ?? Number.NEGATIVE_INFINITY) > (control?.high ?? Number.POSITIVE_INFINITY),
    },
  ];
}

function controls({ conditions }: KnownStudy): Check[] {
  const identity = conditions.filter(({ factors }) => factors["control"] !== "no latents");
  const moved = identity.reduce((sum, { broken }) => sum + broken.count, 0);
  return [
    {
      study: "controls",
      planted: "an identity patch and a no-op change nothing",
      found: `${moved} of ${identity.reduce((sum, { right }) => sum + right.n, 0)} answers changed`,
      holds: moved === 0 && identity.length === 2,
    },
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
