/** The run without intervention, which every study is compared with: what its record holds whatever is studied. */

import { condition, type Study, type StudyCondition } from "../study.js";
import { attentionOf } from "./attention-rows.js";

/** Its one condition. */
export const BASELINE: StudyCondition = condition("baseline", "baseline", { interventions: [], factors: {} });

/** Runs in every experiment, and is no study of the report. */
export const baseline: Study = {
  name: "baseline",
  question: "What does the model answer?",
  conditions: [BASELINE],
  reads: ({ layers }) => ({ baseline: { attentionLayers: layers, readingLayers: layers, lens: "clean" } }),
  read: async ({ model, runs }) =>
    runs.map(({ result }) => ({
      fields: {
        attention: attentionOf(result, model.config.heads),
        lens: result.lens.map(({ top }) => top[0]?.text ?? ""),
        questionTokens: result.promptIds.map((id) => model.tokenizer.decode([id])),
      },
    })),
};
