/**
 * `npm run docs:reasoners-picture`: the embedded models beside each other, as README shows them, in assets/reasoners.png, with its numbers in
 * assets/reasoners.csv. It runs all 100 problems on each.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureEngine } from "./setup/engine.mjs";
import { project, say } from "./setup/places.mjs";
import { checkNode, ensureBuild, ensureDependencies } from "./setup/prepare.mjs";

const MODELS = [
  { name: "tiny-codi", what: "CODI: the projected state is fed back" },
  { name: "tiny-pause", what: "its control: one vector in every latent's place" },
  { name: "tiny-coconut", what: "Coconut: the state itself is fed back" },
  { name: "tiny-coconut-pause", what: "its control: one vector in every latent's place" },
];
const PANEL = { width: 172, height: 120 };
const POSITIONS = ["BOT", "0", "1", "2", "3", "4", "5"];

checkNode();
await ensureDependencies();
await ensureBuild();
await ensureEngine();
const { at, CodiModel, loadProblems, range, site, zero } = await import("../dist/index.js");
const { layersByDefault } = await import("../dist/experiments/plan/defaults.js");
const { COLOURS, figure } = await import("../dist/exhibits/figure.js");
const { renderFigure } = await import("../dist/analysis/draw/render.js");
const { lensMap } = await import("../dist/studies/lens/summary.js");

/** One model's answers, latent by latent and step by step. */
async function measured({ name, what }) {
  const model = await CodiModel.load(name);
  const problems = await loadProblems(name, { protocol: model.protocol });
  const { ablateLayer: block } = layersByDefault(model.config.layers);
  const result = await model.sweep(problems, {
    over: { latent: range(model.codi.numLatents) },
    do: ({ latent }) => zero(site.block(block).residPost, at.latent(latent)),
    measure: ["correct", "broken"],
    controls: ["random direction"],
  });
  const clean = await model.runBatch(
    problems.map(({ question }) => question),
    { lens: true },
  );
  const lens = lensMap(
    problems.map(({ steps, expected }, i) => ({
      said: clean[i].lens.map(({ top }) => top[0].text),
      steps,
      answer: expected,
    })),
  );
  const right = new Map();
  for (const [i, { correct }] of result.baseline.entries()) {
    const { difficulty } = problems[i];
    const [count = 0, n = 0] = right.get(difficulty) ?? [];
    right.set(difficulty, [count + (correct ? 1 : 0), n + 1]);
  }
  const depth = model.config.layers;
  model.dispose();
  return { name, what, block, depth, right, broken: brokenOf(result), named: namedOf(lens) };
}

function brokenOf(result) {
  const kinds = [
    ["set to zero", result],
    ["a random direction", result.controls["random direction"]],
  ];
  return kinds.flatMap(([change, from]) =>
    from.cells().map(({ cell, interval }) => ({ change, latent: cell.latent, ...estimate(interval("broken")) })),
  );
}

/** BOT names step 1, latent k step k + 2: of the problems that have so many. */
function namedOf({ cells }) {
  return POSITIONS.flatMap((position, place) => {
    const where = place === 0 ? "bot" : `latent.${place - 1}`;
    const cell = cells.find((each) => each.position === where && each.target === `step ${place + 1}`);
    return cell === undefined || cell.n === 0
      ? []
      : [{ position, step: place + 1, ...estimate(cell.rate), chance: cell.chance }];
  });
}

function estimate({ value = null, low = null, high = null, n = 0 }) {
  return { value, low, high, n };
}

function rates(title) {
  const y = (field, more = {}) => ({ field, type: "quantitative", scale: { domain: [0, 1] }, ...more });
  return { y: y("value", { title, axis: { tickCount: 5, format: "%" } }), low: y("low"), high: { field: "high" } };
}

function brokenPanel({ name, what, right, broken }, most) {
  const levels = [...right.keys()].map((level) => level.replace(/-?step/, "")).join(", ");
  const counts = [...right.values()].map(([count]) => count).join(", ");
  const [[, each]] = right.values();
  const scale = { domain: [0, most] };
  const x = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };
  const xOffset = { field: "change", sort: null };
  const axis = { tickCount: 5, format: "%" };
  const colour = {
    field: "change",
    sort: null,
    scale: { range: [COLOURS.blue, "#b5b5b5"] },
    legend: name === MODELS[0].name ? { title: null, orient: "top-right", symbolSize: 60, offset: 2 } : null,
  };
  return {
    ...PANEL,
    title: { text: name, subtitle: [what, `right of ${each} with ${levels} steps: ${counts}`] },
    data: { values: broken },
    layer: [
      {
        mark: { type: "bar" },
        encoding: {
          x,
          xOffset,
          y: { field: "value", type: "quantitative", title: "answers broken", scale, axis },
          color: colour,
        },
      },
      {
        mark: { type: "rule", color: COLOURS.ink, strokeWidth: 1 },
        encoding: { x, xOffset, y: { field: "low", type: "quantitative", scale }, y2: { field: "high" } },
      },
    ],
  };
}

function namedPanel({ named }) {
  const x = {
    field: "position",
    type: "ordinal",
    sort: null,
    scale: { domain: POSITIONS },
    title: "BOT, latents; and how many problems",
    axis: { labelAngle: 0, titlePadding: 15 },
  };
  const { y, low, high } = rates("step's value named");
  return {
    ...PANEL,
    data: { values: named },
    layer: [
      { mark: { type: "line", color: COLOURS.blue, strokeWidth: 1.4 }, encoding: { x, y } },
      { mark: { type: "point", filled: true, size: 34, color: COLOURS.blue, opacity: 1 }, encoding: { x, y } },
      { mark: { type: "rule", color: COLOURS.blue, strokeWidth: 1.2 }, encoding: { x, y: low, y2: high } },
      {
        mark: { type: "tick", color: COLOURS.grey, thickness: 1.6, width: 12 },
        encoding: { x, y: { ...y, field: "chance" } },
      },
      {
        mark: { type: "text", baseline: "bottom", dy: 25, fontSize: 7, color: COLOURS.grey },
        encoding: { x, y: { ...y, field: undefined, datum: 0 }, text: { field: "n" } },
      },
    ],
  };
}

function picture(all) {
  const most = Math.min(1, 1.12 * Math.max(...all.flatMap(({ broken }) => broken.map(({ high }) => high ?? 0))));
  const places = all.map(({ block, depth }) => `block ${block} of ${depth}`);
  const subtitle = [
    `Above: right answers that turn wrong when the middle block is changed at a latent (${[...new Set(places)].join("; ")}).`,
    "Below: problems with so many steps in which the head names step 1 at BOT, and step k + 2 at latent k.",
    "Grey dashes: another problem's value. Upright lines: 95 % intervals.",
  ];
  return figure(
    {
      title: "Two reasoners and their controls on the same 100 problems",
      subtitle,
      run: { protocol: "codi", testMode: false },
    },
    {
      concat: [...all.map((each) => brokenPanel(each, most)), ...all.map(namedPanel)],
      columns: MODELS.length,
      resolve: { scale: { color: "independent" } },
    },
  );
}

function counts({ value, low, high, n }) {
  return [Math.round(value * n), n, low, high];
}

function table(all) {
  const lines = all.flatMap(({ name, right, broken, named }) => [
    ...[...right].map(([level, [count, n]]) => [name, "right", level, "", count, n]),
    ...broken.map(({ change, latent, ...each }) => [name, "broken", `latent ${latent}`, change, ...counts(each)]),
    ...named.map(({ position, step, ...each }) => [name, "named", position, `step ${step}`, ...counts(each)]),
  ]);
  return `${[["model", "measure", "at", "of", "count", "n", "low", "high"], ...lines].map((line) => line.join(",")).join("\n")}\n`;
}

const all = [];
for (const model of MODELS) all.push(await measured(model));
const file = join(project, "assets", "reasoners.png");
writeFileSync(file, (await renderFigure(picture(all))).png);
writeFileSync(file.replace(".png", ".csv"), table(all));
say(`${file}: ${MODELS.map(({ name }) => name).join(", ")}`);
process.exit(0);
