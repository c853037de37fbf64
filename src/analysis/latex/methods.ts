/** The methods of a run in sentences: what was run and how it was tested, every number from the run. */

import { show } from "../../exhibits/number-text.js";
import { assumedList } from "../../model/assumed.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { Analysis, RunData, Summary } from "../summary-types.js";
import { cite } from "./bibliography.js";
import { citedLatex, escapeLatex } from "./escape.js";
import { multiplicity, statistics } from "./methods-statistics.js";

/** @returns paragraphs of LaTeX with citations; texts that came from data are escaped. */
export function methods({ data, summary, findings }: Analysis): string {
  const studies = findings.map((study) =>
    [
      `\\item[{${escapeLatex(study.name)}}]`,
      escapeLatex(study.question),
      citedLatex(study.method),
      escapeLatex(study.tested),
    ]
      .filter((each) => each !== "")
      .join(" "),
  );
  return [
    paragraph("Model and protocol", modelSentences(data, summary)),
    paragraph("Problems", problemSentences(data, summary)),
    ...(summary.latents.length === 0 ? [] : [paragraph("Interventions and attention", mainSentences(data, summary))]),
    ...(studies.length === 0
      ? []
      : [
          `${paragraph("Further studies", ["Each condition was run on every problem on which it could act:"])}\\begin{description}\n${studies.join("\n")}\n\\end{description}\n`,
        ]),
    paragraph("Statistics", [...statistics(summary, findings), ...multiplicity(summary)]),
    paragraph("Software and reproducibility", softwareSentences(data, summary)),
  ].join("\n");
}

/** A titled paragraph. */
export function paragraph(title: string, sentences: readonly string[]): string {
  return `\\paragraph{${title}.} ${sentences.join(" ")}\n`;
}

function modelSentences({ model, latents, setting }: RunData, { protocol }: Summary): string[] {
  const { methods } = protocolOf(protocol);
  const name = model === null ? "The model, which the files do not name," : `\\texttt{${escapeLatex(model)}}`;
  const limit = setting?.maxNewTokens ?? null;
  const type = setting?.dtype ?? null;
  return [
    `${name} ${citedLatex(methods.model(latents))}${type === null ? "" : `; its weights are stored as ${escapeLatex(type)} and computed in float32`}.`,
    escapeLatex(methods.inference),
    ...(limit === null ? [] : [`Answers had at most ${limit} tokens.`]),
    ...assumedSentences(setting?.assumed),
    escapeLatex(methods.verdict),
  ];
}

function assumedSentences(assumed: NonNullable<RunData["setting"]>["assumed"]): string[] {
  if (assumed === undefined) return [];
  if (assumed.length === 0) return ["Every setting of the model comes from its files, or was asked for."];
  return [`The files leave open, and it was assumed: ${escapeLatex(assumedList(assumed))}.`];
}

function problemSentences(
  { setting, seed, source }: RunData,
  { levels, baseline, excluded, testMode }: Summary,
): string[] {
  const file = setting?.dataFile ?? null;
  const isGsm8k = source === "original" || /gsm-?8k/i.test(file ?? "");
  const from = file === null ? "" : ` from \\texttt{${escapeLatex(file)}}`;
  const counts = levels.map(({ level, n }) => `${n} ${escapeLatex(level)}`).join(", ");
  return [
    `The sample holds ${baseline.n} problems${from}${isGsm8k ? ` (GSM8K ${cite("cobbe2021")})` : ""}, stratified by difficulty (${counts})${source === "records" ? ` and drawn with seed ${seed}` : ""}.`,
    `Without intervention ${baseline.correct} of ${baseline.n} answers were right (${shown(baseline.rate)}).`,
    `${excluded.baselineWrong} problems with a wrong baseline are left out of importance; ${excluded.failed} runs failed and are left out.`,
    ...(testMode ? ["This is a run in test mode: a small sample, not for reporting."] : []),
  ];
}

function mainSentences({ ablateLayer }: RunData, { latents, layers, baseline, protocol, measures }: Summary): string[] {
  const where = ablateLayer === null ? "a block that the files do not name" : `block ${ablateLayer}`;
  const read = [...layers].sort((a, b) => a - b).join(", ");
  return [
    `Each of the ${latents.length} latents in turn was zeroed at the output of ${where}, and ${protocolOf(protocol).methods.later}, in ${latents.length} conditions beside the baseline on ${baseline.n} problems.`,
    "A latent is important for a problem if the baseline answer is right and the answer without it is wrong.",
    ...(layers.length === 0
      ? []
      : [
          `Attention from EOT to each latent was read in the baseline run at layers ${read}, as mean over heads; weights alone are no explanation ${cite("jain2019")}, so they are compared with what the interventions do.`,
        ]),
    ...(measures.length === 0
      ? []
      : [
          `Beside them, as exploratory measures: the weights from the answer's number token, the norm of what all heads together carry from a latent (weights times values through the output matrix ${cite("kobayashi2020")}), and rollout ${cite("abnar2020")}.`,
        ]),
  ];
}

function softwareSentences({ versions, command }: RunData, { bootstrap, notices }: Summary): string[] {
  const made = Object.entries(versions).map(([name, version]) => `${escapeLatex(name)} ${escapeLatex(version)}`);
  return [
    `Runs and statistics were made with CodiLens ${cite("codilens")}${made.length === 0 ? "" : ` (${made.join(", ")})`}.`,
    `Sampling, bootstrap and permutations are seeded (${bootstrap.seed}): the same records give the same numbers.`,
    ...(command === null ? [] : [`The command was: \\texttt{${escapeLatex(command)}}.`]),
    ...notices.map((notice) => `Note: ${escapeLatex(notice)}.`),
  ];
}

function shown(estimate: Summary["baseline"]["rate"]): string {
  return escapeLatex(show(estimate));
}
