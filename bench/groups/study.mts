/** The study: baseline, six ablations and attention, beside the original's loop and the best we could write in PyTorch. */

import { ours, python } from "../contenders/registry.mjs";
import { type Context, type Group, type Outcome, problemQuestions } from "../context.mjs";
import { promptsOf } from "../prompts.mjs";
import { Contender, type Reply } from "../protocol.mjs";
import { aboutLines, type RatioRow, ratioFigure, ratioIn, timingTable } from "../report.mjs";
import { interleaved, type Rounds } from "../rounds.mjs";
import { differing } from "../statistics.mjs";
import { digits, gib, secondsText, type Target, table } from "../table.mjs";
import { plain } from "./ceilings.mjs";

// "The answer is: 42" and EOS; a random model would go on to any limit.
const LIMIT = 8;
const WEIGHTS_BYTES = 6 * 2 ** 30;

interface Job {
  readonly layer: number;
  readonly layers: readonly number[];
  readonly limit: number;
}

async function run(context: Context): Promise<Outcome> {
  const { quick, rounds: count, problems, wholeProblems } = context.arguments;
  const model = context.model();
  const job: Job = { ...(quick ? { layer: 2, layers: [1, 2, 3] } : { layer: 8, layers: [4, 8, 14] }), limit: LIMIT };
  const questions = problemQuestions(problems);
  const original = await originalLoop(context, model, job);
  const prompts = await promptsOf(model, questions);
  const bytesEach = quick ? 2 ** 29 : WEIGHTS_BYTES;
  const places = context.arguments;
  const batched = await interleaved(context, {
    commands: [
      ours("ours-runs", model),
      python(places, "PyTorch, best", "study_torch.py", model, context.device),
      ...(context.device === "cuda"
        ? [python(places, "PyTorch TF32, best", "study_torch.py", model, "cuda", "tf32")]
        : []),
    ],
    cases: [
      {
        key: "study",
        request: (name) => ({ op: "study", ...job, ...(name === "ours" ? { questions } : { prompts }) }),
      },
      {
        key: "no answer taken over",
        request: (name) =>
          name === "ours"
            ? { op: "study", ...job, questions, flip: true }
            : { op: "study", ...job, prompts, flip: true, verify: false },
      },
    ],
    rounds: Math.min(count, 3),
    bytesEach,
  });
  const some = original.question === null ? [questions[0] ?? ""] : [original.question];
  const one = await promptsOf(model, some);
  const libraries = await interleaved(context, {
    commands: [ours("ours-runs", model), python(places, "nnsight", "study_nnsight.py", model)],
    cases: [
      {
        key: "one problem",
        request: (name) => ({ op: "study", ...job, ...(name === "ours" ? { questions: some } : { prompts: one }) }),
      },
    ],
    rounds: quick ? 1 : 2,
    bytesEach,
    warm: quick,
  });
  const whole = await wholeRun(context, model, job, wholeProblems);
  const perProblem = batched.timings.get("study")?.get("ours")?.seconds.median ?? Number.NaN;
  const ratio = original.seconds / (perProblem / questions.length);
  const alone = original.seconds / (libraries.timings.get("one problem")?.get("ours")?.seconds.median ?? Number.NaN);
  const peak = Math.max(batched.peaks.get("ours") ?? 0, whole.peakBytes);
  const minutes = ((whole.seconds / wholeProblems) * 100) / 60;
  const targets: Target[] = [
    {
      what: "the original's loop / ours, a problem (below 30 would be a failure)",
      wanted: 50,
      sense: "at least",
      unit: "",
      measured: ratio,
    },
    {
      what: "best batched PyTorch / ours",
      wanted: 1,
      sense: "at least",
      unit: "",
      measured: ratioIn(batched, "study", "PyTorch, best"),
    },
    {
      what: "100 problems × 7 conditions with attention, once loaded",
      wanted: 6,
      sense: "at most",
      unit: " min",
      measured: minutes,
      note: wholeProblems === 100 ? "whole run measured" : `scaled from ${wholeProblems} problems`,
    },
  ];
  const ours7 = batched.timings.get("study")?.get("ours")?.reply;
  const best7 = batched.timings.get("study")?.get("PyTorch, best")?.reply;
  const flipped = batched.timings.get("no answer taken over")?.get("ours")?.reply;
  const ablated = 6 * questions.length;
  const lines = [
    `Seven conditions a problem (baseline, each latent zeroed at block ${job.layer}) and attention at blocks ${job.layers.join(", ")}; questions as long as GSM8K's; at most ${LIMIT} new tokens for everybody (a CODI answer, "The answer is: 42" and EOS, has about as many; a random model's would never end).`,
    "",
    ...table(
      ["loop", "problems", "seconds a problem", "times ours", "token-forwards a problem"],
      [
        ["ours", `${questions.length}`, digits(perProblem / questions.length), "1", "–"],
        ...batchedRow(batched, questions.length, best7),
        [
          "nnsight, seven runs",
          "1",
          digits(libraries.timings.get("one problem")?.get("nnsight")?.seconds.median ?? Number.NaN),
          `${digits(ratioIn(libraries, "one problem", "nnsight"))} (of ours on one problem alone)`,
          `${forwardsOf(libraries, "nnsight")}`,
        ],
        [
          "the original's loop",
          "1, once",
          digits(original.seconds),
          `${digits(ratio)} (${digits(alone)} of ours on one problem alone)`,
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
        ["study", `${questions.length} problems`],
        ["no answer taken over", `${questions.length} problems, no clean answer taken over`],
      ]),
    ),
    "",
    `Ablated answers equal to their clean one, whose tokens can be verified in one forward: ${ours7?.["agreed"] ?? "–"} of ${ablated} in ours, ${best7?.["agreed"] ?? "–"} in PyTorch. In the second line it is ${flipped?.["agreed"] ?? "–"} (block 0's output at EOT changes its sign as well), and PyTorch decodes every row without trying.`,
    "",
    `The whole run as \`experiment\` does it, with scores and what the head says at each latent: ${wholeProblems} problems in ${secondsText({ median: whole.seconds, least: whole.seconds, most: whole.seconds })} once loaded, ${whole.agreed} of ${6 * wholeProblems} ablated answers equal to the clean one, peak ${gib(peak)}.`,
    "",
    ...aboutLines(batched),
    "",
    ...aboutLines(libraries),
    ...(original.absent === null ? [] : ["", `Absent: the original's loop (${original.absent}).`]),
  ];
  const rows = figureRows(batched, libraries, ratio);
  const figure = {
    name: context.device === "cuda" ? "study-cuda" : "study",
    alt: "Time of the study in other loops over ours",
    spec: ratioFigure(
      "The study: others' time over ours, a problem",
      [
        `baseline, six ablations and attention; ${LIMIT} new tokens; float32, ${quick ? "tiny shape" : "LLaMA-3.2-1B shape"}`,
      ],
      rows,
    ),
  };
  const data = {
    original,
    batched: plain(batched),
    libraries: plain(libraries),
    whole: { seconds: whole.seconds, problems: wholeProblems, agreed: whole.agreed },
  };
  return { lines, targets, figures: rows.length > 0 ? [figure] : [], data };
}

function batchedRow(rounds: Rounds, problems: number, reply: Reply | undefined): string[][] {
  return [...(rounds.timings.get("study") ?? [])]
    .filter(([name]) => name !== "ours")
    .map(([name, { seconds, ratio }]) => [
      name,
      `${problems}`,
      digits(seconds.median / problems),
      digits(ratio.median),
      digits(Number(reply?.["tokenForwards"] ?? Number.NaN) / problems),
    ]);
}

function forwardsOf(rounds: Rounds, name: string): string {
  return String(rounds.timings.get("one problem")?.get(name)?.reply["tokenForwards"] ?? "–");
}

function figureRows(batched: Rounds, libraries: Rounds, original: number): RatioRow[] {
  const rows = [
    ...[...(batched.timings.get("study") ?? [])].map(([name, { ratio }]) => ({ label: name, ratio })),
    ...[...(libraries.timings.get("one problem") ?? [])].map(([name, { ratio }]) => ({
      label: `${name}, one problem`,
      ratio,
    })),
  ];
  return [
    ...rows
      .filter(({ label }) => !label.startsWith("ours"))
      .map(({ label, ratio }) => ({
        label,
        contender: "others",
        ratio: ratio.median,
        low: ratio.least,
        high: ratio.most,
      })),
    ...(Number.isFinite(original)
      ? [{ label: "the original's loop", contender: "others", ratio: original, low: original, high: original }]
      : []),
  ];
}

async function once(
  command: Parameters<typeof Contender.start>[0],
  request: Parameters<Contender["ask"]>[0],
): Promise<Reply> {
  const contender = await Contender.start(command);
  try {
    const reply = await contender.ask(request);
    if (reply.error !== undefined) throw new Error(`${command.name}: ${reply.error}`);
    return reply;
  } finally {
    await contender.close();
  }
}

interface Original {
  readonly seconds: number;
  readonly question: string | null;
  readonly tokenForwards: number | null;
  readonly compared: string;
  readonly absent: string | null;
}

/** One problem of median length, once: it takes minutes. Its tokens are compared with ours under protocol `seed`. */
async function originalLoop(context: Context, model: string, job: Job): Promise<Original> {
  const question = problemQuestions(13).sort((a, b) => a.length - b.length)[6] ?? "";
  const seed = await Contender.start(ours("ours-runs", model, "seed"));
  const prompts = await promptsOf(model, [question], "seed");
  const mine = await seed.ask({ op: "study", ...job, questions: [question] });
  await seed.close();
  try {
    context.say("  the original's loop, one problem …");
    const command = python(context.arguments, "original", "study_original.py", model, context.device);
    const theirs = await once(command, { op: "study", ...job, prompts });
    const { of, differ } = differing(mine.ids, theirs.ids);
    context.say(
      `  the original's loop: ${theirs.seconds?.toFixed(1)} s, ${String(theirs["tokenForwards"])} token-forwards`,
    );
    return {
      seconds: theirs.seconds ?? Number.NaN,
      question,
      tokenForwards: Number(theirs["tokenForwards"]),
      compared: `Its ${of} tokens against ours under protocol \`seed\`: ${differ} differ.`,
      absent: null,
    };
  } catch (error) {
    const absent = error instanceof Error ? error.message : String(error);
    return { seconds: Number.NaN, question: null, tokenForwards: null, compared: "", absent };
  }
}

/** Ours alone, everything that the experiment asks for. */
async function wholeRun(
  context: Context,
  model: string,
  job: Job,
  problems: number,
): Promise<{ seconds: number; agreed: number; peakBytes: number }> {
  const questions = problemQuestions(problems);
  context.say(`  the whole run, ${problems} problems …`);
  const reply = await once(ours("ours-runs", model), {
    op: "study",
    ...job,
    questions,
    full: true,
    expected: questions.map((_, i) => i),
  });
  context.say(`  the whole run: ${reply.seconds?.toFixed(1)} s`);
  return { seconds: reply.seconds ?? Number.NaN, agreed: Number(reply["agreed"]), peakBytes: reply.peakBytes ?? 0 };
}

/** The group. */
export const studyGroup: Group = { name: "study", run };
