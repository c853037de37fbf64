/** What hooks and captures cost, and the same captures by TransformerLens. */

import { ours, python } from "../contenders/registry.mjs";
import { type Context, type Group, type Outcome, questionsOf } from "../context.mjs";
import { promptsOf } from "../prompts.mjs";
import { aboutLines, ratioIn, timingTable } from "../report.mjs";
import { interleaved, type Rounds } from "../rounds.mjs";
import { digits, secondsText, type Target, table } from "../table.mjs";
import { plain } from "./ceilings.mjs";

const LIMIT = 8;
const RUNS = new Map([
  ["none", "no hook"],
  ["one", "one hook, at one latent"],
  ["patterns", "all patterns captured"],
  ["residuals", "all residuals captured"],
]);
const FORWARDS = new Map([
  ["unasked", "hooks not even asked"],
  ["none", "no hook"],
  ["patterns", "all patterns captured"],
  ["residuals", "all residuals captured"],
  ["everything", "every site of TransformerLens captured"],
]);

async function run(context: Context): Promise<Outcome> {
  const { quick, rounds: count } = context.arguments;
  const model = context.model();
  const bytesEach = quick ? 2 ** 29 : 6 * 2 ** 30;
  const [question = "", longer = ""] = questionsOf([64, 64 + 6 + 1 + LIMIT - 1]);
  const runs = await interleaved(context, {
    commands: [ours("ours-runs", model)],
    cases: [...RUNS.keys()].map((what) => ({
      key: what,
      request: () => ({ op: "run", questions: [question], what, limit: LIMIT }),
    })),
    rounds: count,
    bytesEach,
  });
  const [ids] = await promptsOf(model, [longer]);
  const forwards = await interleaved(context, {
    commands: [ours("ours-steps", model), python(context.arguments, "TransformerLens", "hooks_lens.py", model)],
    cases: [...FORWARDS.keys()].map((what) => ({
      key: what,
      request: (name) =>
        (what === "unasked" && name !== "ours") || (what === "everything" && name === "ours")
          ? null
          : { op: "capture", ids, what },
    })),
    rounds: count,
    bytesEach,
  });
  const targets: Target[] = [
    percent("hooks not used, of a forward", 2, cost(forwards, "none", "unasked")),
    percent("all patterns captured, of a run", 5, cost(runs, "patterns", "none")),
    {
      what: "all patterns captured, TransformerLens's run_with_cache / ours",
      wanted: 2,
      sense: "at least",
      unit: "",
      measured: ratioIn(forwards, "patterns", "TransformerLens"),
    },
  ];
  const lines = [
    `A run: one question of 64 tokens, six latents, ${LIMIT} answer tokens, through the public API.`,
    "",
    ...table(
      ["run", "ours", "more than without"],
      [...RUNS].map(([key, label]) => {
        const timing = runs.timings.get(key)?.get("ours");
        return [
          label,
          timing === undefined ? "–" : secondsText(timing.seconds),
          `${digits(100 * cost(runs, key, "none"))} %`,
        ];
      }),
    ),
    "",
    `A forward over ${ids?.length ?? 0} tokens, as many as that run has positions: TransformerLens knows no latents. Captured values are on the host in both.`,
    "",
    ...timingTable(forwards, FORWARDS),
    "",
    ...aboutLines(forwards),
  ];
  return { lines, targets, figures: [], data: { runs: plain(runs), forwards: plain(forwards) } };
}

function percent(what: string, wanted: number, share: number): Target {
  return { what, wanted, sense: "at most", unit: " %", measured: 100 * share };
}

/** How much more than the other case, by the best rounds: what is looked for is smaller than the machine's noise. */
function cost(rounds: Rounds, key: string, base: string): number {
  const least = (name: string): number => rounds.timings.get(name)?.get("ours")?.seconds.least ?? Number.NaN;
  return least(key) / least(base) - 1;
}

/** The group. */
export const hooksGroup: Group = { name: "hooks", run };
