/** The studies' names and questions, for those who may not load the engine: command line and analysis. */

/** Name → question, in the order of the report. The first two always run. */
export const STUDY_QUESTIONS: Readonly<Record<string, string>> = {
  "token-ablation": "Which latent matters?",
  attention: "Who attends to the latents, and does it predict importance?",
  "layer-map": "At which layer does which latent matter?",
  subsets: "Do latents act alone or together?",
  "question-to-latent": "Which question tokens feed which latent?",
  "latent-to-latent": "Which latent reads which, and which of them does the answer read?",
  lens: "What does each latent say?",
  corruption: "How robust is the answer to corruption of a latent?",
  budget: "How many latents does the answer need?",
};
/** Asked beside every study that `--study` adds. */
export const CONTROLS_QUESTION = "Does the apparatus itself change anything?";
/** Names for `--study`. */
export const STUDY_NAMES: readonly string[] = Object.keys(STUDY_QUESTIONS);
/** Those that run whatever is asked for. */
export const ALWAYS_RUN: readonly string[] = STUDY_NAMES.slice(0, 2);
/** Those that are run beside them. */
export const OTHER_STUDIES: readonly string[] = STUDY_NAMES.slice(2);

/** Is it a record of the baseline or of the token ablations, from which the four main figures are made? */
export function isMain({ study }: { readonly study: string }): boolean {
  return study === "baseline" || study === "token-ablation";
}
