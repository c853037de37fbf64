/** The study's loops on one model: ours, the best batched PyTorch, the original's, and the whole run as the experiment does it. */

import { ours, oursByAll, python } from "../contenders/registry.mjs";
import type { Context } from "../context.mjs";
import { promptsOf } from "../prompts.mjs";
import { type Command, Contender, type Reply, type Request } from "../protocol.mjs";
import { interleaved, type Rounds } from "../rounds.mjs";
import { differing } from "../statistics.mjs";
import { type BareLoop, bareLoop, type TokenFlops, usefulFlops } from "../work.mjs";

// "The answer is: 42" and EOS; a random model would go on to any limit.
export const LIMIT = 8;
const WEIGHTS_BYTES = 6 * 2 ** 30;

/** A model and what it is asked. */
export interface StudyModel {
  /** In lines and targets: `random weights`. */
  readonly label: string;
  readonly folder: string;
  readonly layers: number;
  readonly questions: readonly string[];
  readonly whole: { readonly questions: readonly string[]; readonly expected: readonly number[] };
  /** One question of median length, for loops that take minutes. */
  readonly median: string;
  /** Whether the answers of a model that never keeps the clean one are measured as well, and nnsight's loop. */
  readonly more: boolean;
}

/** The fields of a request that say what the study is. */
export interface Job {
  readonly layer: number;
  readonly layers: readonly number[];
  readonly limit: number;
}

/** Everything that was measured on one model. */
export interface Loops {
  readonly model: StudyModel;
  readonly job: Job;
  readonly batched: Rounds;
  readonly libraries: Rounds | null;
  readonly original: Original;
  readonly whole: Whole;
  /** What no loop can do without, on the questions of `batched`, and ours beside it. */
  readonly bare: BareLoop;
  readonly usefulFlops: number;
  readonly fed: number;
}

/** The original's loop. */
export interface Original {
  readonly seconds: number;
  readonly tokenForwards: number | null;
  readonly compared: string;
  readonly absent: string | null;
}

/** The whole run. */
export interface Whole {
  readonly problems: number;
  readonly seconds: number;
  readonly agreed: number;
  readonly peakBytes: number;
  readonly tokenForwards: number;
  readonly bare: BareLoop;
  readonly usefulFlops: number;
}

/** Runs them, one after the other. */
export async function loopsOf(context: Context, model: StudyModel): Promise<Loops> {
  const job = jobOf(context, model);
  context.say(`  ${model.label}`);
  const original = await originalLoop(context, model, job);
  const batched = await batchedLoops(context, model, job);
  const libraries = model.more ? await libraryLoops(context, model, job) : null;
  const counted = batched.timings.get("study")?.get("ours")?.reply;
  return { model, job, original, batched, libraries, ...(await wholeRun(context, model, { job, counted })) };
}

/** Where a model is ablated and read. */
export function jobOf({ arguments: { quick } }: Context, { layers }: StudyModel): Job {
  return {
    ...(quick && layers < 15 ? { layer: 2, layers: [1, 2, 3] } : { layer: 8, layers: [4, 8, 14] }),
    limit: LIMIT,
  };
}

/** Ours beside the best batched PyTorch. */
export async function batchedLoops(
  context: Context,
  { folder, questions, more }: StudyModel,
  job: Job,
): Promise<Rounds> {
  const { quick, rounds } = context.arguments;
  const prompts = await promptsOf(folder, questions);
  const request = (name: string, fields: object): Request => ({
    op: "study",
    ...job,
    ...(isOurs(name) ? { questions } : { prompts }),
    ...fields,
  });
  return interleaved(context, {
    commands: [
      ...oursByAll(context, "ours-runs", folder),
      python(context.arguments, "PyTorch, best", "study_torch.py", folder, context.device),
      ...(context.device === "cuda"
        ? [python(context.arguments, "PyTorch TF32, best", "study_torch.py", folder, "cuda", "tf32")]
        : []),
    ],
    cases: [
      { key: "study", request: (name) => request(name, isOurs(name) ? {} : { verify: "faster" }) },
      ...(more
        ? [
            {
              key: "no answer taken over",
              request: (name: string) => request(name, isOurs(name) ? { flip: true } : { flip: true, verify: false }),
            },
          ]
        : []),
    ],
    rounds: Math.min(rounds, 3),
    bytesEach: quick ? 2 ** 29 : WEIGHTS_BYTES,
  });
}

/** On whatever engine: it has a tokenizer of its own. */
function isOurs(name: string): boolean {
  return name === "ours" || name.startsWith("ours, ");
}

async function libraryLoops(context: Context, { folder, median }: StudyModel, job: Job): Promise<Rounds> {
  const { quick } = context.arguments;
  const prompts = await promptsOf(folder, [median]);
  return interleaved(context, {
    commands: [ours("ours-runs", folder), python(context.arguments, "nnsight", "study_nnsight.py", folder)],
    cases: [
      {
        key: "one problem",
        request: (name) => ({ op: "study", ...job, ...(name === "ours" ? { questions: [median] } : { prompts }) }),
      },
    ],
    rounds: quick ? 1 : 2,
    bytesEach: quick ? 2 ** 29 : WEIGHTS_BYTES,
    warm: quick,
  });
}

/** One problem of median length, once: it takes minutes. Its tokens are compared with ours under protocol `seed`. */
async function originalLoop(context: Context, { folder, median }: StudyModel, job: Job): Promise<Original> {
  const prompts = await promptsOf(folder, [median], "seed");
  const [mine] = await answersOf(ours("ours-runs", folder, "seed"), [{ op: "study", ...job, questions: [median] }]);
  try {
    context.say("  the original's loop, one problem …");
    const command = python(context.arguments, "original", "study_original.py", folder, context.device);
    const [theirs] = await answersOf(command, [{ op: "study", ...job, prompts }]);
    const { of, differ } = differing(mine?.ids, theirs?.ids);
    const forwards = Number(theirs?.["tokenForwards"]);
    context.say(`  the original's loop: ${theirs?.seconds?.toFixed(1)} s, ${forwards} token-forwards`);
    return {
      seconds: theirs?.seconds ?? Number.NaN,
      tokenForwards: forwards,
      compared: `Its ${of} tokens against ours under protocol \`seed\`: ${differ} differ.`,
      absent: null,
    };
  } catch (error) {
    const absent = error instanceof Error ? error.message : String(error);
    return { seconds: Number.NaN, tokenForwards: null, compared: "", absent };
  }
}

/** Ours alone: everything that the experiment asks for. @param counted ours of the bare study. */
async function wholeRun(
  context: Context,
  { folder, questions, whole }: StudyModel,
  { job, counted }: { readonly job: Job; readonly counted: Reply | undefined },
): Promise<Pick<Loops, "whole" | "bare" | "usefulFlops" | "fed">> {
  const problems = whole.questions.length;
  context.say(`  the whole run, ${problems} problems …`);
  const [all] = await answersOf(ours("ours-runs", folder), [{ op: "study", ...job, ...whole, full: true }]);
  context.say(`  the whole run: ${all?.seconds?.toFixed(1)} s`);
  const own = await needsOf(folder, questions, { reply: counted, job });
  const needs = await needsOf(folder, whole.questions, { reply: all, job });
  return {
    ...own,
    fed: Number(counted?.["tokenForwards"] ?? Number.NaN),
    whole: {
      ...needs,
      problems,
      seconds: all?.seconds ?? Number.NaN,
      agreed: Number(all?.["agreed"]),
      peakBytes: all?.peakBytes ?? 0,
      tokenForwards: Number(all?.["tokenForwards"] ?? Number.NaN),
    },
  };
}

/** What some questions need, by the answers that were given. */
async function needsOf(
  folder: string,
  questions: readonly string[],
  { reply, job }: { readonly reply: Reply | undefined; readonly job: Job },
): Promise<Pick<Loops, "bare" | "usefulFlops">> {
  const prompts = (await promptsOf(folder, questions)).map(({ length }) => length);
  const answers = ((reply?.ids ?? []) as number[][][]).map((rows) => rows.map(({ length }) => length));
  const each = reply?.["flops"] as TokenFlops & { readonly layers: number };
  const bare = bareLoop({ prompts, answers, layer: job.layer }, each);
  return { bare, usefulFlops: usefulFlops(bare, each) };
}

/** Starts a contender, asks one thing after the other, and lets it go. @throws Error for one that fails. */
async function answersOf(command: Command, requests: readonly Request[]): Promise<Reply[]> {
  const contender = await Contender.start(command);
  try {
    const replies: Reply[] = [];
    for (const request of requests) {
      const reply = await contender.ask(request);
      if (reply.error !== undefined) throw new Error(`${command.name}: ${reply.error}`);
      replies.push(reply);
    }
    return replies;
  } finally {
    await contender.close();
  }
}
