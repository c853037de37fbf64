/**
 * All contenders side by side:    npm run bench -- [--quick] [--only GROUP] [--model DIR] [--json]
 * Writes a section a group into this machine's part of RESULTS.md, and figures; other groups' sections and other machines' stay.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CodiLensError, EXIT } from "../src/base/errors.js";
import { type BenchArguments, HELP, parseBenchArguments } from "./arguments.mjs";
import { type Context, type Group, machineFolder, machineLine, machineName, type Outcome } from "./context.mjs";
import { ceilingsGroup } from "./groups/ceilings.mjs";
import { commandGroup } from "./groups/command.mjs";
import { gpt2Group } from "./groups/gpt2.mjs";
import { gpuGroup } from "./groups/gpu.mjs";
import { gradientsGroup } from "./groups/gradients.mjs";
import { hooksGroup } from "./groups/hooks.mjs";
import { loadGroup } from "./groups/load.mjs";
import { scaleGroup } from "./groups/scale.mjs";
import { scalingGroup } from "./groups/scaling.mjs";
import { stepsGroup } from "./groups/steps.mjs";
import { studyGroup } from "./groups/study.mjs";
import { sweepGroup } from "./groups/sweep.mjs";
import { ensureBlownUp, SHAPE_SMALL } from "./make/blown-up.mjs";
import { ensureCheckpoint, SHAPE_1B, SHAPE_TINY } from "./make/random-checkpoint.mjs";
import { ensureGpt2, SHAPE_GPT2, SHAPE_TINY_GPT2 } from "./make/random-gpt2.mjs";
import { measuredOn } from "./report.mjs";
import { writeReadme, writeSection } from "./results.mjs";
import { targetTable } from "./table.mjs";

// Loaded with its browser only where it runs: a machine without one measures the others.
const labGroup: Group = {
  name: "lab",
  run: async (context) => (await import("./groups/lab.mjs")).labGroup.run(context),
};
const ALL: readonly Group[] = [
  ceilingsGroup,
  loadGroup,
  stepsGroup,
  gpt2Group,
  studyGroup,
  hooksGroup,
  gradientsGroup,
  scalingGroup,
  commandGroup,
  sweepGroup,
  scaleGroup,
  gpuGroup,
  labGroup,
];
const BENCH = fileURLToPath(new URL(".", import.meta.url));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const options = parseBenchArguments(process.argv.slice(2), BENCH);
  if (options.help) return void process.stdout.write(`${HELP}\n`);
  mkdirSync(options.out, { recursive: true });
  const context = contextOf(options);
  const measured: Record<string, unknown> = {};
  for (const group of ALL.filter(({ name }) => options.groups.includes(name))) {
    say(`${group.name} …`);
    const start = performance.now();
    const outcome = await group.run(context);
    const seconds = (performance.now() - start) / 1000;
    say(`${group.name}: ${seconds.toFixed(0)} s`);
    await write(options, group.name, outcome, seconds);
    measured[group.name] = { seconds, targets: outcome.targets, data: outcome.data };
  }
  if (options.json)
    process.stdout.write(`${JSON.stringify({ schema: 1, machine: machineLine(), groups: measured }, null, 1)}\n`);
  else say(`written: ${join(options.out, "RESULTS.md")}`);
}

function contextOf(options: BenchArguments): Context {
  let made: string | undefined;
  return {
    arguments: options,
    device: "cpu",
    say,
    model: () => {
      if (options.model !== null) return resolve(options.model);
      if (made === undefined) {
        mkdirSync(options.work, { recursive: true });
        made = options.quick
          ? ensureCheckpoint(options.work, "tiny", SHAPE_TINY)
          : ensureCheckpoint(options.work, "llama-1b", SHAPE_1B);
      }
      return made;
    },
    gpt2: () => {
      mkdirSync(options.work, { recursive: true });
      return options.quick
        ? ensureGpt2(options.work, "tiny-gpt2", SHAPE_TINY_GPT2)
        : ensureGpt2(options.work, "gpt2-small", SHAPE_GPT2);
    },
    blownUp: () => {
      mkdirSync(options.work, { recursive: true });
      return options.quick
        ? ensureBlownUp(join(options.work, "blown-up-small"), SHAPE_SMALL)
        : ensureBlownUp(join(options.work, "blown-up-1b"), SHAPE_1B);
    },
  };
}

async function write(options: BenchArguments, name: string, outcome: Outcome, seconds: number): Promise<void> {
  if (outcome.isSoftware === true && options.out === BENCH) return say(`${name}: computed in software, not written`);
  const machine = machineName();
  const figures = join("figures", machineFolder(machine));
  const folder = join(options.out, figures);
  const images: string[] = [];
  for (const { name: figure, alt, spec } of outcome.figures) {
    mkdirSync(folder, { recursive: true });
    // Vega is not everywhere where something is measured.
    const { renderFigure } = await import("../src/analysis/draw/render.js");
    const { svg, png } = await renderFigure(measuredOn(machine, spec));
    writeFileSync(join(folder, `${figure}.svg`), svg);
    writeFileSync(join(folder, `${figure}.png`), png);
    images.push("", `![${alt}](${figures.replaceAll("\\", "/")}/${figure}.png)`);
  }
  const how = options.quick
    ? "Quick run on tiny shapes: proves that everything runs, says nothing about the 1B size. "
    : "";
  const model = options.model === null ? "" : ` --model ${options.model.split("/").at(-1)}`;
  const targets = targetTable(outcome.targets);
  const lines = [
    `${how}\`npm run bench -- --only ${name}${options.quick ? " --quick" : ""}${model}\`, ${options.rounds} ${options.rounds === 1 ? "round" : "rounds"}, medians (least–most), ${seconds.toFixed(0)} s. ${machineLine()}`,
    "",
    ...outcome.lines,
    ...images,
    ...(targets.length > 0 ? ["", ...targets] : []),
  ];
  writeSection(lines, { machine, name, file: join(options.out, "RESULTS.md") });
  if (options.out === BENCH) writeReadme();
}

main().catch((error: unknown) => {
  if (error instanceof CodiLensError) {
    say(`${error.message}${error.hint === undefined ? "" : `\n${error.hint}`}`);
    process.exitCode = error.exitCode;
  } else {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = EXIT.unexpected;
  }
});
