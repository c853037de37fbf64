/** Lays questions × conditions out as rows: the question once, the clean latents once, each condition a branch from where it first acts. */

import { interventionAddresses } from "../hooks/interventions.js";
import type { LoopModel } from "./latent-loop.js";
import type { RowPlan } from "./row-plan.js";
import type { Batch, Condition } from "./run-types.js";

/** Rows of a batch and where each condition's rows are. */
export interface PlannedRows {
  readonly rows: readonly RowPlan[];
  /** Row of `[question][condition]`. */
  readonly rowsOfQuestion: readonly (readonly number[])[];
  /** All rows of each condition. */
  readonly rowsOfCondition: readonly ReadonlySet<number>[];
}

/** The first latent that a condition can change (`numLatents`: only EOT or later), or null when it acts on the question or BOT. */
export function forkLatent({ interventions }: Condition, numLatents: number): number | null {
  let first: number = numLatents;
  for (const address of interventions.flatMap(interventionAddresses)) {
    if (address.part === "question" || address.part === "bot" || address.part === "all") return null;
    if (address.part === "latent") first = Math.min(first, "index" in address ? (address.index ?? 0) : 0);
  }
  return first;
}

/** First latent whose input a pinned condition keeps clean: the one after the first it acts on. */
function pinnedFrom(condition: Condition, numLatents: number): number | null {
  const pinned = condition.interventions.filter(({ downstream }) => downstream === "pin");
  if (pinned.length === 0) return null;
  const fork = forkLatent({ ...condition, interventions: pinned }, numLatents);
  return fork === null ? 0 : fork + 1;
}

/**
 * @param promptOf question → token ids.
 * @returns rows in the order question by question, the clean one first where there is one.
 */
export function planRows(
  batch: Pick<Batch, "questions" | "conditions" | "hooks">,
  promptOf: (question: string) => number[],
  loop: Pick<LoopModel, "numLatents">,
): PlannedRows {
  const { conditions } = batch;
  const rows: RowPlan[] = [];
  const rowsOfCondition = conditions.map(() => new Set<number>());
  const pins = conditions.map((condition) => pinnedFrom(condition, loop.numLatents));
  // Callbacks act on every row and may act anywhere, so nothing is shared between rows then.
  const share = batch.hooks.length === 0 && conditions.length > 1;
  const cleanIndex =
    batch.hooks.length === 0 ? conditions.findIndex(({ interventions }) => interventions.length === 0) : -1;
  const needsClean = pins.some((pin) => pin !== null);
  const rowsOfQuestion = batch.questions.map((text, question) => {
    const promptIds = promptOf(text);
    const first = rows.length;
    const hasClean = cleanIndex >= 0 || needsClean || share;
    if (hasClean) rows.push({ question, promptIds, branch: null, pin: null });
    return conditions.map((condition, index) => {
      if (hasClean && index === cleanIndex) {
        rowsOfCondition[index]?.add(first);
        return first;
      }
      const fork = share ? forkLatent(condition, loop.numLatents) : null;
      const pin = pins[index] ?? null;
      const id = rows.length;
      rows.push({
        question,
        promptIds,
        branch: fork === null ? null : { parent: first, at: { latent: fork } },
        pin: pin === null ? null : { from: pin, cleanRow: first },
      });
      rowsOfCondition[index]?.add(id);
      return id;
    });
  });
  return { rows, rowsOfQuestion, rowsOfCondition };
}
