/**
 * `npm run ground-truth [-- --problems 100]`: every study on the embedded model, and what the other models of the package name, against what
 * was planted; writes docs/ground-truth.md. `-- --others` writes the part of those others alone, `-- --silent` that of the models in which
 * nothing is to be found.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stopWhereLost } from "../../scripts/setup/npm-options.mjs";
import type { Summary } from "../../src/analysis/index.js";
import { type Check, embeddedChecks, otherChecks } from "./checks.js";
import { writeShuffled } from "./shuffled.js";
import { shuffledChecks, unfedChecks } from "./silent-checks.js";

const options = {
  problems: { type: "string", default: "100" },
  others: { type: "boolean", default: false },
  silent: { type: "boolean", default: false },
} as const;
const PAGE = "docs/ground-truth.md";
/** The headings of the parts that are written apart, and of what follows them. */
const OTHERS = "## What was planted in the other models of the package";
const SILENT = "## Where nothing is to be found";
const WIRED = "## What was wired by hand";

function main(): number {
  stopWhereLost("ground-truth", options);
  const { problems, others, silent } = parseArgs({ options }).values;
  if (others || silent) {
    if (others) replacePart(OTHERS, { by: partOfOthers(problems), before: SILENT });
    if (silent) replacePart(SILENT, { by: partOfSilent(problems), before: WIRED });
    return 0;
  }
  const { summary, stamp } = ran(["--study", "all", "--whole-sample", "--problems", problems, "--layers", "4,8,14"]);
  const parts = `${partOfOthers(problems)}\n${partOfSilent(problems)}`;
  writeFileSync(PAGE, page(embeddedChecks(summary), summary, { stamp, problems, parts }));
  return 0;
}

function replacePart(heading: string, { by, before }: { readonly by: string; readonly before: string }): void {
  const whole = readFileSync(PAGE, "utf8");
  const end = whole.indexOf(before);
  const from = whole.indexOf(heading);
  if (end < 0) throw new Error(`${PAGE} has no part "${before}"`);
  writeFileSync(PAGE, `${whole.slice(0, from < 0 ? end : from)}${by}\n${whole.slice(end)}`);
}

interface Ran {
  readonly summary: Summary;
  /** Where and with what it was computed. */
  readonly stamp: string;
  readonly counts: { readonly records: number; readonly failed: number };
}

/** Of a model that says nothing, few problems say as much as many, and an answer without an end says no more at its length. */
const SHUFFLED = ["--problems", "24", "--max-new-tokens", "12"];
/** A model that was never trained multiplies what rounding leaves, so that a control that takes nothing away fails there. */
const FAILED_ITEMS = 6;

/** Runs an experiment. @throws Error where it does not end well. */
function ran(args: readonly string[], allowed = 0): Ran {
  const started = Date.now();
  const dir = mkdtempSync(join(tmpdir(), "codilens-ground-truth-"));
  try {
    const out = join(dir, "run");
    const { status, stdout } = spawnSync(
      process.execPath,
      ["scripts/codilens.mjs", "experiment", ...args, "--no-control-model", "--out", out, "--json"],
      { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1e9 },
    );
    if (status !== 0 && status !== allowed) throw new Error(`experiment ${args.join(" ")} ended with ${status}`);
    const { summary, counts } = JSON.parse(stdout) as Pick<Ran, "summary" | "counts">;
    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as {
      stamp: { version: string; node: string; engine: { name: string; version: string } };
    };
    const { version, node, engine } = manifest.stamp;
    const stamp = [
      new Date().toISOString().slice(0, 10),
      `CodiLens ${version}`,
      `Node ${node}`,
      `${engine.name} ${engine.version}`,
      `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown processor"}`,
      `${counts.records} records in ${((Date.now() - started) / 1000).toFixed(0)} s`,
    ].join(" · ");
    return { summary, stamp, counts };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function partOfOthers(problems: string): string {
  const parts = ["tiny-pause", "tiny-coconut", "tiny-coconut-pause"].map((name) => {
    const { summary, stamp } = ran(["--model", name, "--study", "token-ablation,lens", "--problems", problems]);
    const { correct, n } = summary.baseline;
    const broken = summary.latents.map(({ broken: { count } }) => count).join(", ");
    return `\`${name}\` answers ${correct} of ${n} right; block ${name === "tiny-pause" ? 8 : 3} zeroed at latents 0 to 5 breaks ${broken} (${stamp}).

${tableOf(otherChecks(summary))}
`;
  });
  return `${OTHERS}

All were trained to name the same values at the same places ([weights/README.md](../weights/README.md)). \`npm run ground-truth -- --others\` writes this part. What \`tiny-codi\` and \`tiny-coconut\` have and their controls have not is what \`experiment\` says in its headlines ([Beside a control model](runs.md#beside-a-control-model)).

${parts.join("\n")}`;
}

function partOfSilent(problems: string): string {
  const unfed = ran(["--model", "tiny-pause", "--study", "all", "--problems", problems]);
  const dir = mkdtempSync(join(tmpdir(), "codilens-shuffled-"));
  try {
    const folder = join(dir, "shuffled");
    writeShuffled(folder);
    const shuffled = ran(["--model", folder, "--study", "all", ...SHUFFLED], FAILED_ITEMS);
    return `${SILENT}

\`npm run ground-truth -- --silent\` writes this part. In \`tiny-pause\` each latent's input is the same learned vector, so what a latent finds reaches later ones by attention alone. It was trained to name the same values as \`tiny-codi\`, and does: the lens, the probes and the chains of \`verified\` find in it what they find there. What can be read is not what is used, and no study that takes something from the latents may find that it is (${unfed.stamp}).

${tableOf(unfedChecks(unfed.summary))}

The second model is \`tiny-codi\` with the numbers of each weight matrix in another order (\`test/ground-truth/shuffled.ts\`): same sizes and norms, nothing that was learned (${shuffled.stamp}). Its runs are chaotic: of ${shuffled.counts.records} records ${shuffled.counts.failed} failed, where a control that must change nothing changed an answer by rounding alone. The run says so and ends with 6.

${tableOf(shuffledChecks(shuffled.summary))}
`;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function tableOf(checks: readonly Check[]): string {
  const rows = checks.map(
    ({ study, planted, found, holds }) => `| \`${study}\` | ${planted} | ${found} | ${holds ? "yes" : "**no**"} |`,
  );
  return `| study | planted | found | holds |\n| --- | --- | --- | --- |\n${rows.join("\n")}`;
}

function page(
  checks: readonly Check[],
  { baseline }: Summary,
  made: { stamp: string; problems: string; parts: string },
): string {
  const missed = checks.filter(({ holds }) => !holds).length;
  return `# Ground truth

Written by \`npm run ground-truth -- --problems ${made.problems}\` (${made.stamp}).

## What was planted in the embedded model

BOT's state was trained to carry the value of step 1, latent k's that of step k + 2, later latents the answer again ([weights/tiny-codi/README.md](../weights/tiny-codi/README.md)). Training plants what is in a state; it does not say that the model reads it there and nowhere else. ${baseline.correct} of ${baseline.n} baselines are right. ${checks.length - missed} of ${checks.length} are found.

${tableOf(checks)}

Where "no" stands at \`budget\` without latents: EOT and the answer still read the question and BOT, which holds step 1 and the whole question, so many short problems are solved there again. The planted values are in the latents, but the model does not need them for those.

Where "no" stands at \`question-to-latent\`: most likely the words after a number have read it in the first blocks, and BOT reads those ("all but numbers" is what breaks answers; this path was not traced). A knockout of the number's own position at all blocks cuts the direct path only, so this study cannot say where a number enters; the hand-wired model, which has no other path, shows that the cut itself works.

Where "no" stands at \`attribution\`: the model switches from one answer to the other. On the way from the counterfactual's embeddings to the question's, 55 % of the change of the logit difference falls into the largest of eight steps and 2 % into the last (20 pairs), so the slope at the question's run is that of a flat place. Effects of 0.5 and more are predicted at 0.44 of their size [0.34, 0.57] (mean error 0.63). Their order is what remains. Saturated attention is a smaller part of it: r is 0.43 before a block that gives 0.95 or more to one key, and 0.90 where no block follows.

The corrections of Kramár et al. 2024 do not mend it. Theirs for queries and keys recomputes one softmax exactly; these cells are no queries or keys, so the whole next block was computed exactly instead, softmax, MLP and all, and the gradient taken behind it. Over the 1,680 cells of the residual stream that a block follows r is 0.50 so and 0.49 without, with integrated gradients 0.84 and 0.83. GradDrop, the mean size over gradients that leave out one block each, has r = 0.72 with the size of the patched effect, and one gradient 0.69 (20 pairs; \`test/ground-truth/corrections.ts\`, 2026-11-30). What switches lies further on than one block.

Integrated gradients mend it in most pairs and spoil it in some: r within a pair is 0.93 in the median (one gradient: 0.77), but 0.47 [0.31, 0.73] over all cells of 100 pairs. In three pairs one of the eight inputs lies where the model switches, its slope is steep, and effects of up to 14 are predicted where none is above 1; without these three r is 0.79. The 20 pairs that are patched by default have none like them: there r was 0.87 [0.78, 0.92], so an interval of 20 pairs said too little. The slope stays at 0.60, because a patch changes one cell and leaves all others at the question's run, while the inputs on the way change all of them.

Where "no" stands at \`steering\`: the other way round, logits stay where they are (0.07 [−0.01, 0.33]). The answer stays in 97 of 99 problems. Most likely values are held like words, not like points on a line, so that away from v + d lies v itself and no smaller number. The way there is no line either: half the direction does a fifth of what the whole does.

Noise of σ 2 has a length of 16 where the stream at block 8's latents has 1,200 to 1,400 (one question, traced), so \`corruption\` says nothing of robustness to more noise than about 1 %; random directions of the same norm do break answers.

${made.parts}
${WIRED}

\`test/fixtures/models/hand-wired\` is a model of four layers whose weights were written down, not trained (\`test/fixtures/make/hand_wired.py\`): layer 1, head 1 copies the question's last number into latent 2, and layer 2, head 2 copies it from there to EOT. \`test/ground-truth/hand-wired.test.ts\` runs all studies on it and demands exact counts: each points at latent 2, at that head, at the last number, and at nothing else. \`edges\` gives three edges a score above 0.99 and no other one above 0.01: the number's embedding to layer 1, that head to layer 2, and that one to the logits. Four edges keep the whole logit difference. There a latent's input says nothing of the latent before, so what passes from latent to latent is not tested by it.
`;
}

process.exitCode = main();
