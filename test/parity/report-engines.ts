/** The part of docs/parity.md that compares engines: how far each is from the reference, on what, and what it answers. */

import { ENGINE_NAMES } from "../../src/model/tensor/engine-names.js";
import { GAP_FACTORS } from "../support/parity.js";
import type { StageLine } from "../support/stages.js";
import { type Answers, type Count, type Measured, number } from "./report-page.js";
import { SCOPES } from "./report-scope.js";

/** A row an engine: what was compared, and the largest differences. */
export function engineTable(small: readonly Measured[]): string[] {
  return [
    "## Engines",
    "",
    "All compute in float32, which each start checks on the engine itself. The largest differences over all stages of the checkpoints below:",
    "",
    "| engine | version | computed on | checkpoints, sites | absolute | relative | bound, of the gap | largest share of it | answers |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...ENGINE_NAMES.map((name) => engineRow(small.filter(({ engine }) => engine.name === name))).filter(
      (row) => row !== "",
    ),
    "",
    "A GPU's driver may round `exp`, `inverseSqrt` and division by a few units in the last place more than another's (WGSL allows 2 to 3, and `exp` more for large arguments), and fuse a product with a sum. So WebGPU's figures are those of the adapter named here.",
    "",
    ...answersTable(small),
  ];
}

function engineRow(mine: readonly Measured[]): string {
  const [first] = mine;
  if (first === undefined) return "";
  const lines = mine.flatMap(({ name, report }) => report.lines.map((line) => ({ ...line, name })));
  const most = (of: (line: StageLine) => number): number => Math.max(...lines.map(of));
  const shareOf = ({ absolute, allowed }: StageLine): number => absolute / allowed;
  const worst = lines.find((line) => shareOf(line) === most(shareOf));
  const isEqual = mine.every(({ report }) => report.answerEqual && report.wrongTokens === 0);
  const { name, version, adapter, device } = first.engine;
  const sites = mine.reduce((sum, { report }) => sum + report.sites, 0);
  const cells = [
    `\`${name}\``,
    version,
    adapter ?? device.toUpperCase(),
    `${mine.length}, ${sites}`,
    number(most(({ absolute }) => absolute)),
    number(most(({ relative }) => relative)),
    `${GAP_FACTORS[name]} ×`,
    `${(100 * most(shareOf)).toFixed(0)} % (${worst?.name}, \`${worst?.stage.replace(".L.", `.${worst.block}.`)}\`)`,
    isEqual ? "equal" : "not equal",
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The embedded model's answers on every engine. */
function answersTable(small: readonly Measured[]): string[] {
  const said = (found: Count | null): string => (found === null ? "not asked" : `${found[0]} of ${found[1]}`);
  const row = ({ engine, answers, seconds }: Measured): string[] =>
    answers === undefined
      ? []
      : [
          `| \`${engine.name}\` | ${said(answers.clean)} | ${said(answers.choices)} | ${said(answers.zeroed)} | ${seconds.toFixed(0)} | ${perProblem(answers)} |`,
        ];
  const [few] = small.flatMap(({ engine, answers }) =>
    answers !== undefined && SCOPES[engine.name].problems < SCOPES.native.problems ? [{ engine, answers }] : [],
  );
  return [
    "### Answers",
    "",
    "The embedded model on its 100 problems, beside PyTorch's answers token for token: clean, what the head would choose at BOT and each latent, and with block 8's output zeroed at each latent. The last columns are seconds here: of one question with all of its 247 sites kept, and of a problem where they are answered side by side, zeroed runs included.",
    "",
    "| engine | answers | the head's choices | answers with a latent zeroed | a question, s | a problem, s |",
    "| --- | --- | --- | --- | --- | --- |",
    ...small.flatMap(row),
    "",
    ...(few === undefined
      ? []
      : [
          `${few.engine.adapter ?? few.engine.name} computes in software and says nothing of a GPU's speed. The problems asked of it are ${few.answers.clean[1]} of 100, because of their time.`,
          "",
        ]),
  ];
}

function perProblem({ clean: [, all], seconds }: Answers): string {
  return (seconds / all).toPrecision(2);
}
