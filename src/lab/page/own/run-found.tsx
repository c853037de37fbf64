/** A dropped run: a problem, its answers under every condition, and each condition as an edit of this page. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { RecordsView, RunLine, RunProblem } from "../../files/records.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { announce } from "../parts/live.js";
import { change } from "../state.js";
import { WhoAnswers } from "./who-answers.js";

const count = (n: number, one: string): string => `${n.toLocaleString("en-US")} ${one}${n === 1 ? "" : "s"}`;

/** One problem at a time, those first that most conditions change. */
export function RunFound({ run }: { readonly run: RecordsView }): JSX.Element {
  const problems = [...run.problems].sort((a, b) => changedOf(b) - changedOf(a));
  const chosen = useSignal(problems[0]?.id ?? "");
  const problem = problems.find((each) => each.id === chosen.value) ?? problems[0];
  return (
    <>
      <h3>{run.name}</h3>
      <p>
        {count(run.records, "record")} of {count(run.problems.length, "problem")}.
        {run.notices.map((notice) => ` ${notice}`)}
      </p>
      <WhoAnswers of="run" protocol={run.protocol} />
      <div class="own-tools">
        <Select
          label="Problem"
          value={problem?.id ?? ""}
          options={problems.map(
            (each) => [each.id, `${each.id}: ${changedOf(each)} of ${each.runs.length - 1} change the answer`] as const,
          )}
          onChoose={(next) => {
            chosen.value = next;
          }}
        />
      </div>
      {problem === undefined ? null : <Problem problem={problem} />}
    </>
  );
}

function changedOf({ runs: [baseline, ...others] }: RunProblem): number {
  return others.filter(({ answer }) => answer !== null && answer !== baseline?.answer).length;
}

function Problem({ problem }: { readonly problem: RunProblem }): JSX.Element {
  const { question, expected, runs } = problem;
  const [baseline] = runs;
  return (
    <>
      <p>{question}</p>
      <p class="small quiet">The right answer is {expected}. A condition that this page can do exactly has a button.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard. */}
      <section class="scroll own-scroll" aria-label={`Answers of ${problem.id}`} tabIndex={0}>
        <table class="own-table">
          <thead>
            <tr>
              <th scope="col">condition</th>
              <th scope="col">answer</th>
              <th scope="col">right?</th>
              <th scope="col">here</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Line key={`${run.study} ${run.condition}`} run={run} baseline={baseline} question={question} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

interface LineOptions {
  readonly run: RunLine;
  readonly baseline: RunLine | undefined;
  readonly question: string;
}

function Line({ run, baseline, question }: LineOptions): JSX.Element {
  const { condition, interventions, answer, isRight, edits } = run;
  const isChanged = answer !== null && answer !== baseline?.answer;
  const open = (): void => {
    if (edits === null) return;
    change({ question, edits });
    announce(`${condition} is set on the page.`);
    document.querySelector('[data-panel="strip"]')?.scrollIntoView({ block: "start" });
  };
  return (
    <tr>
      <td title={interventions.join("; ")}>{condition}</td>
      <td class={isChanged ? "own-changed" : ""}>{answer ?? "none"}</td>
      <td>{isRight === null ? "–" : isRight ? "right" : "wrong"}</td>
      <td>
        {edits === null ? (
          <span class="quiet">not here</span>
        ) : (
          <Button onClick={open} look="quiet" label={`Open ${condition} here`}>
            Open
          </Button>
        )}
      </td>
    </tr>
  );
}
