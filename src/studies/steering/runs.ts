/** Runs of a problem with a direction added, and with its controls: rows of one batch. */

import { hashText } from "../../base/hash-text.js";
import { seededRandom } from "../../base/random.js";
import { add } from "../../model/hooks/bound-operations.js";
import type { SiteName } from "../../model/hooks/names.js";
import { plainNumber } from "../../model/latent/answer/plain-number.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { numberOrNull } from "../../model/latent/run/run-score.js";
import type { Contrast, GivenCondition, RunResult } from "../../model/latent/run-types.js";
import { bestLatent, type Direction, type Directions, randomLike } from "./directions.js";
import type { Added, SteeredRun, SteeredSite } from "./record.js";
import { SITES, type Site } from "./sites.js";

/** What directions are multiplied by; the controls by less. */
export const STRENGTHS: Readonly<Record<Added, readonly number[]>> = {
  own: [-1, 0.5, 1, 2],
  random: [1, 2],
  elsewhere: [1, 2],
};

const BASELINE: GivenCondition = { name: "baseline", interventions: [] };
const SPARE_TOKENS = 4;
const FLOAT32_DIGITS = 8;

interface Steering {
  readonly directions: Directions;
  readonly contrast: Contrast;
  readonly seed: number;
  readonly maxNewTokens: number;
}

/** A row to be run. */
interface Row {
  readonly site: Site;
  readonly added: Added;
  readonly strength: number;
  readonly condition: GivenCondition;
}

/** @param clean the problem's run. @returns each site, with its runs. */
export async function steeredSites(
  model: CodiModel,
  clean: RunResult,
  { directions, contrast, seed, maxNewTokens }: Steering,
): Promise<SteeredSite[]> {
  const { question, answer } = clean;
  const { numLatents } = model.codi;
  const chosen = SITES.map((site) => {
    const latent = bestLatent(directions[site]);
    const key = `${seed}|${question}|steering ${site}`;
    const elsewhere = (latent + 1 + seededRandom(hashText(`${key} elsewhere`)).int(numLatents - 1)) % numLatents;
    return { site, latent, elsewhere, direction: directions[site][latent], key };
  });
  const rows = chosen.flatMap(({ site, latent, elsewhere, direction, key }) =>
    direction === undefined
      ? []
      : [
          ...rowsOf(site, direction, { added: "own", latent }),
          ...rowsOf(site, randomLike(direction, `${key} random`), { added: "random", latent }),
          ...rowsOf(site, direction, { added: "elsewhere", latent: elsewhere }),
        ],
  );
  const [[baseline, ...runs] = []] = await model.runConditions(
    [question],
    [BASELINE, ...rows.map((row) => row.condition)],
    {
      contrasts: [contrast],
      knownAnswers: [answer.ids],
      // A steered answer that runs on is cut: it is not the predicted one.
      maxNewTokens: Math.min(maxNewTokens, answer.ids.length + SPARE_TOKENS),
    },
  );
  const before = baseline === undefined ? null : numberOrNull(baseline.score.logitDifference);
  return chosen.map(({ site, latent, elsewhere, direction }) => ({
    site,
    latent,
    elsewhere,
    agreement: rounded(direction?.agreement ?? 0),
    length: rounded(direction?.length ?? 0),
    runs: rows.flatMap((row, place) => {
      const run = runs[place];
      return row.site === site && run !== undefined ? [runOf(row, { run, before })] : [];
    }),
  }));
}

function rowsOf(
  site: Site,
  { parts }: Direction,
  { added, latent }: { readonly added: Added; readonly latent: number },
): Row[] {
  return STRENGTHS[added].map((strength) => ({
    site,
    added,
    strength,
    condition: {
      name: `${site} ${added} ${strength}`,
      interventions: parts.map(({ hook, shape, vector: data }) =>
        add(hook as SiteName, `latent.${latent}`, { vector: { shape, data }, scale: strength }),
      ),
    },
  }));
}

function runOf(
  { added, strength }: Row,
  { run, before }: { readonly run: RunResult; readonly before: number | null },
): SteeredRun {
  const { answer, score, failure } = run;
  const after = failure === null ? numberOrNull(score.logitDifference) : null;
  return {
    added,
    strength,
    answer: failure === null && answer.parsed.kind === "number" ? answer.parsed.value : null,
    // The contrast is of the model's own number less the predicted one.
    change: after === null || before === null ? null : rounded(before - after),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(FLOAT32_DIGITS));
}

/** A problem's own answer against another number, where the two part; null where the other ends before. */
export function contrastTo(
  { tokenizer }: Pick<CodiModel, "tokenizer">,
  { result, number }: { readonly result: RunResult; readonly number: number },
): Contrast | null {
  const { ids, numberToken } = result.answer;
  if (numberToken === null) return null;
  const first = tokenizer.decode([ids[numberToken] ?? 0]);
  const blank = first.slice(0, first.length - first.trimStart().length);
  const other = tokenizer.encode(`${tokenizer.decode(ids.slice(0, numberToken))}${blank}${plainNumber(number)}`);
  const parts = other.findIndex((id, place) => id !== ids[place]);
  const token = other[parts];
  return token === undefined || parts < numberToken ? null : { tokens: ids.slice(0, parts + 1), other: token };
}
