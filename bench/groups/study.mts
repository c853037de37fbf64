/** The study: baseline, six ablations and attention, beside the original's loop and the best we could write in PyTorch. */

import type { Context, Group, Outcome } from "../context.mjs";
import { aboutLines, type RatioRow, ratioFigure, ratioIn, secondsIn, timingTable } from "../report.mjs";
import type { Rounds } from "../rounds.mjs";
import { digits, gib, secondsText, type Target, table } from "../table.mjs";
import { bestProduct, type Ceilings, ceilings, plain } from "./ceilings.mjs";
import { LIMIT, type Loops, loopsOf } from "./study-loops.mjs";
import { studyModels } from "./study-models.mjs";

async function run(context: Context): Promise<Outcome> {
  const { quick } = context.arguments;
  const limits = await ceilings(context);
  const all: Loops[] = [];
  for (const model of await studyModels(context)) all.push(await loopsOf(context, model));
  const rows = all.flatMap(figureRows);
  const figure = {
    name: "study",
    alt: "Time of the study in other loops over ours",
    spec: ratioFigure(
      "The study: others' time over ours, a problem",
      [
        `baseline, six ablations and attention; ${LIMIT} new tokens; float32, ${quick ? "tiny shape" : "LLaMA-3.2-1B shape"}`,
      ],
      rows,
    ),
  };
  return {
    lines: [
      `Seven conditions a problem (baseline, each latent zeroed at one block) and attention at three blocks; at most ${LIMIT} new tokens for everybody (a CODI answer, "The answer is: 42" and EOS, has about as many; a random model's would never end). Random weights are asked questions as long as GSM8K's; tiny-codi blown up to the same shape is asked its own, and answers them.`,
      "",
      "Token-forwards are tokens fed, in units of one token through all blocks. The bare loop is what no loop can do without: each prompt once, each latent once for every row that differs by then, EOT and each answer token but the last once for every row. Useful work is the bare loop's products with weights, the head and the projection included; attention's own products are not counted. Its share is of the best product that anybody reached in this run.",
      ...all.flatMap((loops) => ["", ...linesOf(loops, limits)]),
    ],
    targets: all.flatMap((loops) => targetsOf(loops, limits)),
    figures: rows.length > 0 ? [figure] : [],
    data: all.map(({ batched, libraries, model, ...rest }) => ({
      model: model.label,
      ...rest,
      batched: plain(batched),
      libraries: libraries === null ? null : plain(libraries),
    })),
  };
}

const perProblem = ({ batched, model }: Loops): number => secondsIn(batched, "study") / model.questions.length;

function targetsOf(loops: Loops, limits: Ceilings): Target[] {
  const { model, batched, whole, original } = loops;
  const isRandom = model.more;
  const of = isRandom ? "" : `, ${model.label}`;
  const target = (what: string, wanted: number, measured: number): Target => ({
    what: `${what}${of}`,
    wanted,
    sense: "at least",
    unit: "",
    measured,
  });
  const most = (each: Target, unit = ""): Target => ({ ...each, sense: "at most", unit });
  const scaled = whole.problems === 100 ? "whole run measured" : `scaled from ${whole.problems} problems`;
  const share = (useful: number, seconds: number): number => (100 * useful) / seconds / limits.flops;
  return [
    target(
      `the original's loop / ours, a problem${isRandom ? " (below 30 would be a failure)" : ""}`,
      wantedOfOriginal(limits, isRandom),
      original.seconds / perProblem(loops),
    ),
    target("best batched PyTorch / ours", 1.1, ratioIn(batched, "study", "PyTorch, best")),
    ...(isRandom
      ? [
          target(
            "best batched PyTorch / ours where no answer is taken over",
            1.1,
            ratioIn(batched, "no answer taken over", "PyTorch, best"),
          ),
        ]
      : []),
    {
      ...target("share of the sgemm peak in useful work", 75, share(loops.usefulFlops, secondsIn(batched, "study"))),
      unit: " %",
    },
    {
      ...most(
        target(
          "100 problems × 7 conditions with attention, once loaded",
          isRandom ? 6 : 3,
          ((whole.seconds / whole.problems) * 100) / 60,
        ),
        " min",
      ),
      note: scaled,
    },
    most(
      target(
        "whole run, token-forwards over the bare loop's",
        isRandom ? 1.4 : 1.2,
        whole.tokenForwards / whole.bare.tokenForwards,
      ),
    ),
    {
      ...target("whole run, share of the sgemm peak in useful work", 70, share(whole.usefulFlops, whole.seconds)),
      unit: " %",
    },
  ];
}

/** PyTorch's library is slow on some processors: its best product reaches less than 60 % of the best of anybody. */
function wantedOfOriginal(limits: Ceilings, isRandom: boolean): number {
  if (isRandom) return 50;
  return bestProduct(limits, "PyTorch") < 0.6 * limits.flops ? 80 : 60;
}

function linesOf(loops: Loops, limits: Ceilings): string[] {
  const { model, job, batched, libraries, original, whole, bare } = loops;
  const count = model.questions.length;
  const reply = (key: string, name: string) => batched.timings.get(key)?.get(name)?.reply;
  const [mine, best] = [reply("study", "ours"), reply("study", "PyTorch, best")];
  const ways =
    best?.["verified"] === undefined
      ? []
      : [
          `PyTorch does it in two ways in each round, and the faster counts: with the clean answer fed to the ablated rows ${digits(Number(best["verified"]))} s in the last round, with every row decoded ${digits(Number(best["decoded"]))} s.`,
          "",
        ];
  const share = (useful: number, seconds: number): string => digits((100 * useful) / seconds / limits.flops);
  return [
    `**${model.label}**, zeroed at block ${job.layer}, attention at blocks ${job.layers.join(", ")}.`,
    "",
    ...table(
      ["loop", "problems", "seconds a problem", "times ours", "token-forwards a problem"],
      [
        ["the bare loop", `${count}`, "–", "–", digits(bare.tokenForwards / count)],
        ["ours", `${count}`, digits(perProblem(loops)), "1", digits(loops.fed / count)],
        ...batchedRows(loops),
        ...(libraries === null ? [] : [libraryRow(libraries)]),
        [
          "the original's loop",
          "1, once",
          digits(original.seconds),
          originalText(loops),
          `${original.tokenForwards ?? "–"}`,
        ],
      ],
    ),
    "",
    `The original's loop was written from its description: seven runs, before each ablated one the clean activations cached anew by seven runs from the question (of one to six tokens, and six again), and one run for attention; one problem of median length, scaled. ${original.compared}`,
    "",
    ...timingTable(
      batched,
      new Map([
        ["study", `${count} problems`],
        ...(model.more ? [["no answer taken over", `${count} problems, no clean answer taken over`] as const] : []),
      ]),
    ),
    "",
    ...ways,
    `Ablated answers equal to their clean one: ${mine?.["agreed"] ?? "–"} of ${6 * count} in ours, ${best?.["agreed"] ?? "–"} in PyTorch.${model.more ? ` Where no answer is taken over it is ${reply("no answer taken over", "ours")?.["agreed"] ?? "–"} (block 0's output at EOT changes its sign as well), and PyTorch decodes every row without trying.` : ""}`,
    "",
    `Useful work: ${digits(loops.usefulFlops / count / 1e9)} GFLOP a problem, ours at ${share(loops.usefulFlops, secondsIn(batched, "study"))} % of ${digits(limits.flops / 1e9)} GFLOP/s, PyTorch at ${share(loops.usefulFlops, secondsIn(batched, "study", "PyTorch, best"))} %.`,
    "",
    `The whole run as \`experiment\` does it, with scores and what the head says at each latent: ${whole.problems} problems in ${secondsText({ median: whole.seconds, least: whole.seconds, most: whole.seconds })} once loaded, ${whole.agreed} of ${6 * whole.problems} ablated answers equal to the clean one, peak ${gib(Math.max(batched.peaks.get("ours") ?? 0, whole.peakBytes))}. It feeds ${digits(whole.tokenForwards / whole.problems)} token-forwards a problem where the bare loop needs ${digits(whole.bare.tokenForwards / whole.problems)}; its useful work is ${share(whole.usefulFlops, whole.seconds)} % of the peak.`,
    "",
    ...aboutLines(batched),
    ...(libraries === null ? [] : ["", ...aboutLines(libraries)]),
    ...(original.absent === null ? [] : ["", `Absent: the original's loop (${original.absent}).`]),
  ];
}

function originalText(loops: Loops): string {
  const { original, libraries } = loops;
  const alone = libraries === null ? Number.NaN : original.seconds / secondsIn(libraries, "one problem");
  const more = Number.isFinite(alone) ? ` (${digits(alone)} of ours on one problem alone)` : "";
  return `${digits(original.seconds / perProblem(loops))}${more}`;
}

function batchedRows({ batched, model }: Loops): string[][] {
  const count = model.questions.length;
  return [...(batched.timings.get("study") ?? [])]
    .filter(([name]) => name !== "ours")
    .map(([name, { seconds, ratio, reply }]) => [
      name,
      `${count}`,
      digits(seconds.median / count),
      digits(ratio.median),
      digits(Number(reply["tokenForwards"] ?? Number.NaN) / count),
    ]);
}

function libraryRow(libraries: Rounds): string[] {
  const forwards = libraries.timings.get("one problem")?.get("nnsight")?.reply["tokenForwards"];
  return [
    "nnsight, seven runs",
    "1",
    digits(secondsIn(libraries, "one problem", "nnsight")),
    `${digits(ratioIn(libraries, "one problem", "nnsight"))} (of ours on one problem alone)`,
    String(forwards ?? "–"),
  ];
}

function figureRows(loops: Loops): RatioRow[] {
  const { model, batched, libraries, original } = loops;
  const ratio = original.seconds / perProblem(loops);
  const timings = [
    ...[...(batched.timings.get("study") ?? [])].map(([name, timing]) => ({ label: name, ...timing })),
    ...[...(libraries?.timings.get("one problem") ?? [])].map(([name, timing]) => ({
      label: `${name}, one problem`,
      ...timing,
    })),
  ];
  return [
    ...timings
      .filter(({ label, tokens }) => !label.startsWith("ours") && tokens.differ === 0)
      .map(({ label, ratio: { median, least, most } }) => ({
        label,
        contender: model.label,
        ratio: median,
        low: least,
        high: most,
      })),
    ...(Number.isFinite(ratio)
      ? [{ label: "the original's loop", contender: model.label, ratio, low: ratio, high: ratio }]
      : []),
  ];
}

/** The group. */
export const studyGroup: Group = { name: "study", run };
