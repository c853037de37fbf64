/** What the analysis gives: plain data, `null` or a reason where a number is not defined. */

import type { Headline } from "../exhibits/headline.js";
import type { Assumed } from "../model/assumed.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";
import type { Estimate, PValue, Rate } from "../statistics/estimate.js";
import type { JudgedFamily } from "../statistics/family.js";
import type { PackedReading } from "../studies/baseline/record.js";
import type { Finding, RunFile, StudySummary } from "../studies/finding.js";
import type { AllLatentsKind } from "../studies/shared/all-latents.js";
import type { StudyRecord, StudyRow } from "../studies/shared/rows.js";
import type { StudyStory } from "../studies/story.js";
import type { RunComparison } from "./comparison/run-comparison.js";

/** One problem × one latent. */
export interface AnalysisRow {
  readonly problemId: string;
  readonly difficulty: string;
  readonly latent: number;
  readonly baselineCorrect: boolean;
  readonly stillCorrect: boolean;
  /** 1 when the baseline was right and the ablated answer is wrong. */
  readonly importance: 0 | 1;
  readonly deltaLogProb: number | null;
  readonly kl: number | null;
  /** Layer → head-mean attention of EOT, and of the answer's number token, to this latent. */
  readonly attention: ReadonlyMap<number, { readonly eot: number; readonly number: number | null }>;
  /** Layer → norm of what all heads carry from this latent to EOT and to the number token, and rollout from EOT; in newer records. */
  readonly flow?: ReadonlyMap<number, FlowValues>;
}

/** More than weights; null where the layer was not asked for, or the answer has no number. */
export interface FlowValues {
  readonly eot: number | null;
  readonly number: number | null;
  readonly rollout: number | null;
}

/** One problem with its answers, for browsing. */
export interface ProblemView {
  readonly id: string;
  readonly difficulty: string;
  readonly question: string | null;
  /** A number, an option's letter, `True` or `False`. */
  readonly expected: number | string;
  readonly baseline: string;
  readonly baselineCorrect: boolean;
  /** Log-probability of the expected number in the baseline run, nats; null where it was not measured. */
  readonly expectedLogProb: number | null;
  /** What the head says first at BOT and at each latent. */
  readonly lens: readonly string[] | null;
  readonly ablated: readonly { readonly latent: number; readonly answer: string; readonly correct: boolean }[];
  /** Under the conditions of other studies, where the answer is another than the baseline's. */
  readonly changed: readonly {
    readonly study: string;
    readonly condition: string;
    readonly answer: string;
    readonly correct: boolean;
  }[];
  /** Texts of the prompt's positions; null where the records do not hold them. */
  readonly tokens: readonly string[] | null;
  /** By layer: attention of the baseline run, `[head][latent]` from EOT and from the answer's number, and the packed reading. */
  readonly attention: ReadonlyMap<number, ProblemAttention>;
}

/** Attention of one baseline run at one layer. */
export interface ProblemAttention {
  readonly eot: readonly (readonly number[])[];
  readonly number: readonly (readonly number[])[] | null;
  readonly reading: PackedReading | null;
}

/** What was read from a folder. */
export interface RunData {
  readonly source: "records" | "original";
  readonly rows: readonly AnalysisRow[];
  readonly problems: readonly ProblemView[];
  /** Rows of the studies beside `token-ablation`. */
  readonly studyRows: readonly StudyRow[];
  /** Names of the studies that were asked for; empty in older manifests. */
  readonly asked: readonly string[];
  /** Completed records of the studies beside `token-ablation`. */
  readonly studyRecords: readonly StudyRecord[];
  /** Every problem's record without intervention. */
  readonly baselines: readonly StudyRecord[];
  /** A file of the folder; null where there is none. */
  readonly file: (name: string) => RunFile | null;
  /** Conditions that the run's problems could not have, with the reason. */
  readonly leftOut?: readonly { readonly study: string; readonly condition: string; readonly reason: string }[];
  /** Its studies as the manifest describes them; empty in older manifests. */
  readonly stories: readonly StudyStory[];
  readonly layers: readonly number[];
  readonly latents: number;
  readonly failed: readonly { readonly problemId: string; readonly condition: string; readonly message: string }[];
  readonly protocol: AnyProtocol;
  readonly ablateLayer: number | null;
  readonly seed: number;
  readonly testMode: boolean;
  readonly model: string | null;
  readonly command: string | null;
  /** Of the run's manifest; not of the original study's files. */
  readonly setting?: RunSetting;
  readonly versions: Readonly<Record<string, string>>;
  readonly notices: readonly string[];
  /** The same plan on the control model, where it was run beside. */
  readonly control?: RunData;
}

/** What a run was made with, where its manifest says so. */
export interface RunSetting {
  /** Name without folder. */
  readonly dataFile: string | null;
  /** Its kind, form and fields; not of older versions. */
  readonly dataReading?: string;
  /** Of the weights. */
  readonly dtype: string | null;
  readonly maxNewTokens: number | null;
  /** Settings that no file of the checkpoint gave; not in manifests of older versions. */
  readonly assumed?: readonly Pick<Assumed, "what" | "value" | "why">[];
}

/** Answers where all latents are taken away at once in one way. */
export interface AllLatentsSummary {
  readonly kind: AllLatentsKind;
  readonly right: Rate;
  /** Baseline right → wrong, of the baseline-right problems. */
  readonly broken: Rate;
  /** Share right less the baseline's share, with Newcombe's paired interval. */
  readonly riskDifference: Estimate;
  readonly deltaLogProb: Estimate;
  readonly kl: Estimate;
  readonly byLevel: readonly { readonly level: string; readonly right: Rate; readonly broken: Rate }[];
}

/** Results of one latent. */
export interface LatentSummary {
  readonly latent: number;
  /** Baseline right → ablated wrong, of the baseline-right problems. */
  readonly broken: Rate;
  /** Baseline wrong → ablated right, of the baseline-wrong problems. */
  readonly mended: Rate;
  readonly mcnemar: PValue;
  readonly mcnemarHolm: PValue;
  /** Share right with the latent zeroed less share right without, over all problems, with Newcombe's paired interval. */
  readonly riskDifference: Estimate;
  /** Broken over mended, with the exact conditional interval. */
  readonly oddsRatio: Estimate;
  /** Cohen's h of the two shares; null without problems. */
  readonly cohenH: number | null;
  /** Mean change of the expected number's log-probability, nats. */
  readonly deltaLogProb: Estimate;
  readonly kl: Estimate;
  /** Layer → mean head-mean attention from EOT. */
  readonly attention: Readonly<Record<string, Estimate>>;
}

/** Attention against importance at one layer. */
export interface CorrelationSummary {
  readonly layer: number;
  /** Median attention from EOT over all rows; null without any. */
  readonly medianAttention: number | null;
  /** Over all rows; a description only: rows of one problem are not independent. */
  readonly pooled: Estimate;
  readonly withinPosition: Estimate;
  readonly withinProblem: Estimate;
  /** Position and problem both taken out. */
  readonly twoWay: Estimate;
  /** Permutation p: whole problems exchanged (within position, two-way), positions of a problem exchanged (within problem). */
  readonly permutation: { readonly withinPosition: PValue; readonly withinProblem: PValue; readonly twoWay: PValue };
  /** `permutation.withinPosition`, Holm-adjusted over the layers. */
  readonly withinPositionHolm: PValue;
  /** Odds of breaking for one standard deviation more attention, problem and position held fixed (conditional logit). */
  readonly oddsRatio: Estimate;
  readonly oddsRatioTests: { readonly score: PValue; readonly likelihoodRatio: PValue; readonly wald: PValue };
  readonly byLatent: readonly { readonly latent: number; readonly r: Estimate }[];
}

/** Another measure of attention against importance at one layer. */
export interface MeasureSummary {
  readonly measure: string;
  readonly layer: number;
  readonly withinPosition: Estimate;
  readonly withinProblem: Estimate;
  readonly permutation: { readonly withinPosition: PValue; readonly withinProblem: PValue };
}

/** The original study's numbers, in its own format. */
export interface OriginalStatistics {
  readonly overall_correlation: Readonly<Record<string, { readonly r: number | null; readonly p: number | null }>>;
  readonly per_token: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly by_difficulty: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

/** A run with everything that is known of it: what pages, tables, figures and LaTeX are made from. */
export interface Analysis {
  readonly data: RunData;
  readonly summary: Summary;
  /** The sample, and where latents were zeroed their importance and attention. */
  readonly main: readonly Finding[];
  /** What the studies beside the main one found, in the order of `summary.studies`. */
  readonly findings: readonly Finding[];
  /** Where a control model was run beside. */
  readonly control?: ControlSide;
}

/** A run's control: the same plan on a model without what is studied, such as the recurrence. */
export interface ControlSide {
  /** What it says on its own. */
  readonly analysis: Analysis;
  /** Condition by condition, paired by problem: the run first, the control second. */
  readonly comparison: RunComparison;
  /** The run's headlines with the control's numbers in them, by the finding's name. */
  readonly headlines: ReadonlyMap<string, Headline>;
}

/** What `summary.json` says of the control. */
export interface ControlSummary {
  readonly model: string | null;
  readonly protocol: AnyProtocol;
  readonly baseline: Summary["baseline"];
  readonly comparison: RunComparison;
  /** By the finding's name. */
  readonly headlines: Readonly<
    Record<string, Pick<Headline, "sentence" | "matched"> & { readonly rows: readonly ControlRow[] }>
  >;
}

/** One number of a headline in both runs. */
export interface ControlRow {
  readonly label: string;
  readonly own: Estimate;
  readonly control: Estimate;
  /** The run's less the control's, over the problems of both, with its 95 % interval. */
  readonly difference: Estimate;
}

/** Everything that `summary.json` says of one run. */
export interface Summary {
  /** 2: p by permutation instead of by bootstrap; two-way r, odds ratios, risk differences and families came in. */
  readonly schema: 2;
  readonly question: string;
  readonly source: "records" | "original";
  readonly model: string | null;
  readonly protocol: AnyProtocol;
  /** What is wrong with the `seed` protocol, said in every output; null under `codi`. */
  readonly protocolNote: string | null;
  readonly ablateLayer: number | null;
  readonly layers: readonly number[];
  readonly testMode: boolean;
  readonly baseline: { readonly n: number; readonly correct: number; readonly rate: Estimate };
  readonly levels: readonly {
    readonly level: string;
    readonly n: number;
    readonly correct: number;
    readonly rate: Estimate;
    readonly importance: Estimate;
  }[];
  /** Answers where all latents are taken away at once, in the ways that the run has. */
  readonly allLatents: readonly AllLatentsSummary[];
  readonly latents: readonly LatentSummary[];
  readonly correlations: readonly CorrelationSummary[];
  /** Other measures than the weight from EOT; empty where the records hold none. */
  readonly measures: readonly MeasureSummary[];
  readonly heat: readonly {
    readonly level: string;
    readonly latent: number;
    readonly broken: number;
    readonly n: number;
  }[];
  readonly excluded: { readonly baselineWrong: number; readonly failed: number };
  readonly bootstrap: {
    readonly draws: number;
    readonly seed: number;
    readonly unit: "problem";
    /** Of means; intervals of r are studentised, and no shorter than by permutation where whole problems are exchanged. */
    readonly method: "percentile" | "bca";
  };
  readonly permutations: number;
  readonly family: string;
  readonly families: readonly JudgedFamily[];
  readonly original: OriginalStatistics;
  /** The studies beside the main one, in the order in which they ran. */
  readonly studies: readonly StudySummary[];
  readonly notices: readonly string[];
  /** The run beside the control model's; only where one was run. */
  readonly control?: ControlSummary;
}
