/** Lays questions × conditions out as rows, the clean one first where there is one. */

import type { FamilyName } from "../../decoder/family-names.js";
import { interventionAddresses } from "../../hooks/interventions.js";
import { parseSite, type SiteModel, type SiteName } from "../../hooks/names.js";
import type { Batch, CommonOptions, Condition } from "../run-types.js";
import type { RowPlan } from "./row.js";
import { RowTree } from "./row-tree.js";

/** Rows of a batch and where each condition's rows are. */
export interface PlannedRows {
  readonly rows: readonly RowPlan[];
  readonly tree: RowTree;
  /** Row of `[question][condition]`. */
  readonly rowsOfQuestion: readonly (readonly number[])[];
  /** All rows of each condition. */
  readonly rowsOfCondition: readonly ReadonlySet<number>[];
  /** By question, the row that nothing was done to, or null. */
  readonly cleanRows: readonly (number | null)[];
  /** Rows whose answer must be decoded token by token: what is written there fits the keys of plain decoding only. */
  readonly plainRows: ReadonlySet<number>;
}

/** Does nothing happen to the rows of the condition? */
export function isClean({ interventions, hooks = [] }: Condition): boolean {
  return interventions.length === 0 && hooks.length === 0;
}

const OF_ANSWER: ReadonlySet<string> = new Set(["answer", "all"]);

/**
 * Does a callback see answer tokens, or the keys of theirs that EOT has? It is to see its own answer, token by token, and not tokens that
 * are only tried.
 */
function looksAtAnswer({ hooks = [] }: Condition, model: SiteModel): boolean {
  return hooks.some(({ site, addresses }) => {
    const { axes } = parseSite(site, model);
    if (axes[1] === "latent") return false;
    return addresses.some(({ part }) => OF_ANSWER.has(part) || (part === "eot" && axes[2] === "query"));
  });
}

/** Does the condition write a value of given size over the keys that EOT or answer tokens see? */
function writesKeysOfAnswer({ interventions }: Condition): boolean {
  return interventions.some(
    (intervention) =>
      (intervention.operation.kind === "add" || intervention.operation.kind === "replace") &&
      /attn\.hook_(pattern|attn_scores)$/.test(intervention.site) &&
      interventionAddresses(intervention).some(({ part }) => part === "eot" || part === "answer" || part === "all"),
  );
}

/** First latent whose input a pinned condition keeps clean: the one after the first it acts on. */
function pinnedFrom({ interventions }: Condition, numLatents: number): number | null {
  const pinned = interventions.filter(({ downstream }) => downstream === "pin");
  if (pinned.length === 0) return null;
  let first: number = numLatents;
  for (const address of pinned.flatMap(interventionAddresses)) {
    if (address.part === "question" || address.part === "bot" || address.part === "all") return 0;
    if (address.part === "latent") first = Math.min(first, "index" in address ? (address.index ?? 0) : 0);
  }
  return first + 1;
}

type ScoreOptions = Pick<CommonOptions, "expected" | "contrasts">;

/**
 * @param promptOf question → token ids.
 * @param loop `hasEot`: default true; without EOT the prompt's last token stands in its place.
 * @returns rows in the order question by question.
 */
export function planRows(
  batch: Pick<Batch, "questions" | "conditions"> & { readonly options?: ScoreOptions },
  promptOf: (question: string) => number[],
  loop: {
    readonly numLatents: number;
    readonly layers: number;
    readonly family?: FamilyName | undefined;
    readonly features?: readonly SiteName[] | undefined;
    readonly hasEot?: boolean;
    /** The one condition that a question is run under; all of them where it is left out. */
    readonly conditionOf?: (question: number) => number;
    /** Is the prompt of a question computed with the one before it, which has the same text? Default: never. */
    readonly hasPromptBefore?: (question: number) => boolean;
    /** See `TreeShape`. */
    readonly levelCells?: number | undefined;
  },
): PlannedRows {
  const { conditions } = batch;
  const rows: RowPlan[] = [];
  const rowsOfCondition = conditions.map(() => new Set<number>());
  const pins = conditions.map((condition) => pinnedFrom(condition, loop.numLatents));
  const cleanIndex = conditions.findIndex(isClean);
  const isScored = batch.options?.expected !== undefined || batch.options?.contrasts !== undefined;
  const { conditionOf } = loop;
  const isCompared = conditionOf === undefined && conditions.length > 1;
  const needsClean = isScored || pins.some((pin) => pin !== null) || isCompared;
  const cleanRows: (number | null)[] = [];
  const rowsOfQuestion = batch.questions.map((text, question) => {
    const prompt = promptOf(text);
    const own = {
      ...(loop.hasEot === false ? { promptIds: prompt.slice(0, -1), eotIds: prompt.slice(-1) } : { promptIds: prompt }),
      ...(loop.hasPromptBefore?.(question) === true ? { hasPromptBefore: true } : {}),
    };
    const first = rows.length;
    const wanted = conditionOf === undefined ? conditions.map((_, condition) => condition) : [conditionOf(question)];
    const hasClean = needsClean || wanted.includes(cleanIndex);
    if (hasClean) rows.push({ question, condition: cleanIndex < 0 ? null : cleanIndex, ...own, pin: null });
    cleanRows.push(hasClean ? first : null);
    return wanted.map((condition) => {
      if (condition === cleanIndex) {
        rowsOfCondition[condition]?.add(first);
        return first;
      }
      const pin = pins[condition] ?? null;
      rows.push({ question, condition, ...own, pin: pin === null ? null : { from: pin, cleanRow: first } });
      rowsOfCondition[condition]?.add(rows.length - 1);
      return rows.length - 1;
    });
  });
  const { layers, family, features, numLatents, levelCells } = loop;
  const tree = new RowTree(rows, conditions, { layers, family, features, latents: numLatents, levelCells });
  const plainRows = new Set(
    conditions.flatMap((condition, index) =>
      looksAtAnswer(condition, loop) || writesKeysOfAnswer(condition) ? [...(rowsOfCondition[index] ?? [])] : [],
    ),
  );
  return { rows, tree, rowsOfQuestion, rowsOfCondition, cleanRows, plainRows };
}
