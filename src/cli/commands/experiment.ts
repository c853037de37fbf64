/** `codilens experiment`: run, then analyse; results to stdout, all else to stderr. */

import { dirname, relative, resolve } from "node:path";
import type { Summary } from "../../analysis/summary-types.js";
import { mebibytes } from "../../base/bytes.js";
import { EXIT } from "../../base/errors.js";
import { packageVersion } from "../../disk/package-version.js";
import type { ExperimentOptions } from "../../experiments/plan/options.js";
import type { CrewPlan, ExperimentPlan, ShardPlan } from "../../experiments/plan/plan.js";
import type { FieldNames } from "../../experiments/problems/form.js";
import { withoutPasswords } from "../../experiments/queue/address.js";
import { runOnQueue } from "../../experiments/queue/run-on-queue.js";
import type { ExperimentOutcome } from "../../experiments/runner.js";
import type { RunnerHooks } from "../../experiments/runner-hooks.js";
import { runApart } from "../../experiments/work/run-apart.js";
import { isBuiltIn } from "../../model/latent/protocols/names.js";
import type { EngineChoice } from "../../model/tensor/engine.js";
import { type Hold, heldAs } from "../../model/tensor/hold-names.js";
import type { ExperimentRecord } from "../../records/record.js";
import { type Shard, shardText } from "../../records/shard.js";
import { isStudyFile } from "../../studies/outside/program.js";
import { MAIN_STUDIES } from "../../studies/selection.js";
import { printableLines } from "../arguments.js";
import { controlOptions, namedControl } from "../control-model.js";
import { embeddedModel, embeddedProblems } from "../defaults.js";
import { baseFolder, modelFolder } from "../models.js";
import { makeProgress } from "../progress.js";
import { type QueueFlags, queueOf } from "../queue-options.js";
import { shardOf, withoutShard } from "../shard-choice.js";
import { stopOnSignals } from "../signals.js";
import { latexLine, summaryLines } from "../summary-lines.js";

interface Flags extends QueueFlags {
  readonly model?: string;
  readonly base?: string;
  readonly controlModel?: string | false;
  readonly force: boolean;
  readonly hold?: Hold;
  readonly strict: boolean;
  readonly data?: string;
  readonly field?: FieldNames;
  readonly problems?: number;
  readonly testMode: boolean;
  readonly layers?: number[];
  readonly ablateLayer?: number;
  readonly study: string[];
  readonly ablation?: string[];
  readonly controls: boolean;
  readonly protocol?: string;
  readonly latents?: number;
  readonly out?: string;
  readonly shard?: Shard | false;
  readonly shards?: number;
  readonly seed: number;
  readonly maxNewTokens?: number;
  readonly onBadRow: "fail" | "skip";
  readonly engine: EngineChoice;
  readonly takeOver: boolean;
  readonly new: boolean;
  readonly wholeSample: boolean;
  readonly dryRun: boolean;
  readonly profile: boolean;
  readonly workers: number | "auto";
  readonly threads?: number;
  readonly rows?: number;
  readonly progress: boolean;
  readonly quiet: boolean;
  readonly latex: boolean;
  readonly json: boolean;
}

/** What the command line says. */
export type ExperimentFlags = Flags;

/** Runs the command; sets the exit code. */
export async function experiment(flags: Flags, args: readonly string[]): Promise<void> {
  const { shard, notice } = shardOf(flags, process.env);
  const queue = queueOf(flags, {
    "--profile": flags.profile,
    "--shard": shard,
    "--workers": flags.workers !== "auto",
  });
  // Before signals are caught: a download that is cut goes on at the next run.
  const models = { model: await namedModel(flags), ...(await baseFolder(flags.base, flags)) };
  const control = await namedControl(flags, { shard, queue });
  const say = (text: string): void => {
    if (!flags.quiet) process.stderr.write(`${printableLines(text)}\n`);
  };
  if (notice !== undefined) say(notice);
  let kept = 0;
  let records: readonly ExperimentRecord[] | undefined;
  const stop = stopOnSignals(() => say(`stopped at once; ${keptLine(kept)}`));
  const [named, ...others] = [...new Set(flags.study)];
  if (named !== undefined && others.length === 0 && MAIN_STUDIES.includes(named))
    say(`${MAIN_STUDIES.join(" and ")} are read from the same rows: both are run, whichever is named`);
  const progress = makeProgress(flags.progress && !flags.quiet);
  try {
    const options = { ...optionsOf(flags, { args, shard }), ...models };
    const hooks: Omit<RunnerHooks, "crew"> = {
      signal: stop.signal,
      isAsked: stop.isAsked,
      notice: say,
      progress: (done, ...others) => {
        kept = done;
        // Once, while others compute. A failure is reported where the analysis begins.
        loadAnalysis().catch(() => undefined);
        progress.update(done, ...others);
      },
      onWhole: (all) => {
        records = all;
      },
    };
    const outcome =
      queue === null || flags.dryRun
        ? await runApart(options, hooks)
        : await runOnQueue(options, { ...hooks, address: queue });
    progress.stop();
    const isStopped = ({ status, counts }: ExperimentOutcome): boolean => {
      if (status !== "interrupted" && !stop.isAsked()) return false;
      say(`stopped; ${keptLine(counts.records)}`);
      process.exitCode = stop.exitCode();
      return true;
    };
    if (outcome.plan === null && isStopped(outcome)) return;
    const { onWhole: _, ...others } = hooks;
    const beside =
      control === null
        ? null
        : await runApart(controlOptions(options, { control, dir: outcome.dir }), {
            ...others,
            notice: (text) => say(`control model: ${text}`),
          });
    progress.stop();
    if (outcome.plan !== null) return printPlans(outcome, { beside, json: flags.json });
    if (beside !== null && isStopped(beside)) return;
    if (outcome.shard !== undefined) return printShard({ ...outcome, shard: outcome.shard }, flags);
    // No signal is handled while figures are drawn: it ends the process. Every file is then whole, or not there.
    stop.release();
    say("analysing …");
    const { analyzeRun } = await loadAnalysis();
    const studies = flags.study.filter(isStudyFile);
    const summary = await analyzeRun(outcome.dir, { latex: flags.latex, studies, records });
    print(outcome, summary, flags);
    const isPartial = [outcome, beside].some((each) => each?.status === "partial");
    process.exitCode = isPartial ? EXIT.partial : EXIT.ok;
  } finally {
    progress.stop();
    stop.release();
  }
}

/** Nothing of it is needed to begin. */
function loadAnalysis(): Promise<typeof import("../../analysis/index.js")> {
  return import("../../analysis/index.js");
}

function keptLine(records: number): string {
  return `${records} records are kept. The same command goes on from there.`;
}

/** The folder of the model that the options name. */
export async function namedModel(flags: Flags): Promise<string> {
  return flags.model === undefined ? embeddedModel : modelFolder(flags.model, flags);
}

/** The experiment that the options mean, but for its model. */
export function optionsOf(
  flags: Flags,
  { args, shard }: { readonly args: readonly string[]; readonly shard: Shard | undefined },
): Omit<ExperimentOptions, "model" | "base"> {
  const { problems, protocol, latents, out, maxNewTokens } = flags;
  const typed = withoutShard(args);
  return {
    force: flags.force,
    ...heldAs(flags),
    ...(flags.strict ? { strict: true } : {}),
    data: flags.data ?? embeddedProblems,
    ...(flags.field === undefined ? {} : { fields: flags.field }),
    testMode: flags.testMode,
    ...(flags.layers === undefined ? {} : { layers: flags.layers }),
    ...(flags.ablateLayer === undefined ? {} : { ablateLayer: flags.ablateLayer }),
    studies: flags.study.filter((item) => !isStudyFile(item)),
    studyFiles: flags.study.filter(isStudyFile).map((file) => resolve(file)),
    controls: flags.controls,
    ...(flags.ablation === undefined ? {} : { ablations: flags.ablation }),
    ...(flags.wholeSample ? { wholeSample: true } : {}),
    seed: flags.seed,
    dryRun: flags.dryRun,
    profile: flags.profile,
    ...(flags.workers === "auto" ? {} : { workers: flags.workers }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.rows === undefined ? {} : { rows: flags.rows }),
    onBadRow: flags.onBadRow,
    engine: flags.engine,
    takeOver: flags.takeOver,
    fresh: flags.new,
    command: `codilens ${typed
      .map((each) => withoutPasswords(each))
      .map((each) => (/^[\w./,:=@-]+$/.test(each) ? each : JSON.stringify(each)))
      .join(" ")}`,
    version: packageVersion(),
    ...(problems === undefined ? {} : { problems }),
    ...askedProtocol(protocol),
    ...(latents === undefined ? {} : { latents }),
    ...(out === undefined ? {} : { out }),
    ...(shard === undefined ? {} : { shard }),
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
  };
}

/** A name of the package's, or a file. */
function askedProtocol(protocol: string | undefined): Pick<ExperimentOptions, "protocol" | "protocolFile"> {
  if (protocol === undefined) return {};
  return isBuiltIn(protocol) ? { protocol } : { protocolFile: resolve(protocol) };
}

function printPlans(
  { plan, dir }: ExperimentOutcome,
  { beside, json }: { readonly beside: ExperimentOutcome | null; readonly json: boolean },
): void {
  if (plan === null) return;
  if (json) {
    const control = beside === null ? {} : { control: { dir: beside.dir, plan: beside.plan } };
    process.stdout.write(`${JSON.stringify({ schema: 1, status: "dry-run", dir, plan, ...control }, null, 2)}\n`);
    return;
  }
  printPlan(plan, dir);
  if (beside?.plan == null) return;
  process.stdout.write("the control model:\n");
  printPlan(beside.plan, beside.dir);
}

function printPlan(plan: ExperimentPlan, dir: string): void {
  const levels = Object.entries(plan.byLevel)
    .map(([level, n]) => `${n} × ${level}`)
    .join(", ");
  const lines = [
    `${plan.problems} problems (${levels}) × ${plan.conditions.length} conditions = ${plan.items} items`,
    `conditions: ${plan.conditions.join(" · ")}`,
    `${plan.nodes} nodes; about ${plan.tokenForwardsPerProblem} token-forwards a problem instead of ${plan.apartPerProblem} with every condition by itself`,
    `rows of a batch: prompt ${plan.rowsByStage[0]}, latents ${plan.rowsByStage.slice(1, -1).join(" ")}, answer ${plan.rowsByStage.at(-1)} (at most ${plan.rowsPerBatch} at once, ${plan.batches} batches in ${plan.parts} parts, each kept when it is computed)`,
    `weights ${mebibytes(plan.weightsBytes)} on disk; memory for weights and one batch about ${mebibytes(plan.memoryBytes)}, the engine's library on top`,
    crewLine(plan.crew),
    timeLine(plan),
    ...(plan.shard === undefined ? [] : [shardLine(plan, plan.shard)]),
    `output: ${dir}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function shardLine({ items, parts }: ExperimentPlan, shard: ShardPlan): string {
  const time = shard.seconds === null ? "" : `, about ${duration(shard.seconds)} of computing`;
  return `shard ${shardText(shard)}: ${shard.items} of ${items} items, in ${shard.parts} of ${parts} parts${time}`;
}

function crewLine({ workers, threads, bytesEach, available }: CrewPlan): string {
  const who = `${workers === 1 ? "one worker" : `${workers} workers`} with ${threads === 1 ? "one thread" : `${threads} threads`}${workers === 1 ? "" : " each"}`;
  const memory = `at most about ${mebibytes(bytesEach)}${workers === 1 ? "" : ` each, ${mebibytes(workers * bytesEach)} together`}`;
  const lack = workers * bytesEach > available.bytes ? ": too little, so that this machine refuses the run" : "";
  return `${who}: ${memory}; ${mebibytes(available.bytes)} are available (${available.limit})${lack}`;
}

function timeLine({ time, crew }: ExperimentPlan): string {
  if (time === null)
    return "time: unknown until a first run on this machine, which measures how long steps of this model's shape take";
  const { seconds, factor, apartSeconds, measured, rates } = time;
  const as =
    factor === null ? "if every answer has 8 tokens" : `as the last runs here, ${factor.toFixed(1)} times their steps`;
  const side = crew.workers === 1 ? "" : `, ${duration(seconds / crew.workers)} with ${crew.workers} workers`;
  return `time: about ${duration(seconds)} of computing${side} (${as}), loading and analysis on top; every condition by itself, token by token, about ${duration(apartSeconds)} (from steps measured here on ${measured}: ${rates})`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** A shard is not analysed: its numbers are not the run's. */
function printShard(outcome: ExperimentOutcome & { readonly shard: Shard }, { json }: Pick<Flags, "json">): void {
  const { status, dir, shard, counts, seconds } = outcome;
  process.exitCode = status === "partial" ? EXIT.partial : EXIT.ok;
  if (json) {
    process.stdout.write(`${JSON.stringify({ schema: 1, status, dir, shard, counts, seconds }, null, 2)}\n`);
    return;
  }
  const run = relative(process.cwd(), dirname(dir)) || ".";
  process.stdout.write(
    `shard ${shardText(shard)}: ${ranLine(outcome)}\nwhen all ${shard.count} are there: codilens merge ${run}\n`,
  );
}

function ranLine({ counts, seconds }: ExperimentOutcome): string {
  return `${counts.computed} items computed, ${counts.resumed} were there already, ${counts.failed} failed; ${seconds.toFixed(1)} s`;
}

function print(outcome: ExperimentOutcome, summary: Summary, flags: Pick<Flags, "json" | "latex">): void {
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ schema: 1, status: outcome.status, dir: outcome.dir, counts: outcome.counts, seconds: outcome.seconds, summary }, null, 2)}\n`,
    );
    return;
  }
  const shown = relative(process.cwd(), outcome.dir) || ".";
  process.stdout.write(
    `${[...summaryLines(summary), "", ranLine(outcome), `report: ${shown}/report.html`, ...latexLine(shown, flags)].join("\n")}\n`,
  );
}
