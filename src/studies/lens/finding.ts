/** The analysis side of the study `lens`: what positions name, layer by layer where that was recorded, and the tuned lens. */

import { type Exhibit, figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingInput, type FindingMaker, findingData, type ShownRun } from "../finding.js";
import { fieldOf } from "../shared/rows.js";
import { testedSentence } from "../shared/tested.js";
import { lensFigure } from "./figure.js";
import { lensFile, lensLayersFile, probesFile, tunedFile } from "./files.js";
import { labelOf, lensHeadline } from "./headline.js";
import { type LayerLensSummary, layerLensSummary } from "./layers.js";
import { LAYERS_QUESTION, layerLensFigure, layersCaption } from "./layers-figure.js";
import { layerLensSentence } from "./layers-sentence.js";
import { methodOf } from "./method.js";
import { hasProbes } from "./probes.js";
import type { LayerLens } from "./record.js";
import { isNamed, type LensMap, lensMap, lensSentence } from "./summary.js";
import { layerTable, lensTable, tunedTable } from "./tables.js";
import { TUNED_QUESTION, tunedLensFigure } from "./tuned/figure.js";
import { TUNED_LENS_FILE, tunedLensOf } from "./tuned/tuned-file.js";

/** What the head says at each position of the runs without intervention. */
export const lensFinding: FindingMaker = (input) => {
  const { story, baselines, run } = input;
  const rows = baselines.map((record) => {
    const { id, expected, steps = [] } = record.problem;
    const said = fieldOf<readonly string[] | null>(record, "lens") ?? [];
    return { problemId: id, said, steps, answer: typeof expected === "number" ? expected : null };
  });
  const lens = lensMap(rows);
  if (lens === null) return null;
  const layers = layersOf(input);
  const { name, question, caveat = null } = story;
  return {
    name,
    question,
    sentence: lensSentence(lens) + (layers === null ? "" : layerLensSentence(layers)),
    headline: lensHeadline(lens),
    units: (key) => {
      const cell = lens.cells.find((each) => labelOf(each) === key);
      if (cell === undefined) return null;
      return rows.flatMap(({ problemId, ...row }) => {
        const named = isNamed(row, cell);
        return named === null ? [] : [{ problemId, sum: Number(named), n: 1 }];
      });
    },
    caveat,
    tested: testedSentence([]),
    method: methodOf(lens, layers),
    data: findingData({ lens, ...(layers === null ? {} : { layerLens: layers }) }),
    exhibits: [
      figureExhibit({ key: "", title: question, spec: lensFigure(lens, { question, run }), caption: captionOf(run) }),
      ...(layers === null ? [] : layerFigures(layers, run)),
      ...(layers === null ? [] : [layersExhibit(layers)]),
      positionsExhibit(lens),
      ...(layers === null ? [] : tunedExhibit(layers)),
    ],
  };
};

function layersOf({ baselines, run, file }: FindingInput): LayerLensSummary | null {
  const rows = [...baselines]
    .sort((a, b) => a.problem.index - b.problem.index)
    .flatMap((record) => {
      const lens = fieldOf<LayerLens>(record, "layerLens");
      return lens === undefined ? [] : [{ steps: record.problem.steps ?? [], lens }];
    });
  return layerLensSummary(rows, run.seed, tunedLensOf(file(TUNED_LENS_FILE)));
}

function captionOf(run: ShownRun): string {
  return `${basisOf(run)}. Counts, 95 % Wilson intervals and how often another problem's value is named (the control) are in tables/lens.csv; no test.`;
}

function layerFigures(layers: LayerLensSummary, run: ShownRun): Exhibit[] {
  const byLayer = layerLensFigure(layers, run);
  const tuned = tunedLensFigure(layers, run);
  // Without a tuned lens its figure is a sentence, and no table has its numbers.
  const tunedCaption =
    layers.tuned.kind === "undefined"
      ? `${basisOf(run)}.`
      : `${basisOf(run)}. Mean KL with bootstrap intervals is in tables/tuned_lens.csv, each step's first choices and ranks in tables/lens_layers.csv; no test.`;
  return [
    ...(byLayer === null
      ? []
      : [figureExhibit({ key: "layers", title: LAYERS_QUESTION, spec: byLayer, caption: layersCaption(layers, run) })]),
    figureExhibit({ key: "tuned", title: TUNED_QUESTION, spec: tuned, caption: tunedCaption }),
  ];
}

function layersExhibit(layers: LayerLensSummary): Exhibit {
  const [picked, where, how] = hasProbes(layers.probes)
    ? [
        "the layer is picked out of all; ",
        " and tables/probes.csv",
        "; the probe's layer is picked out of all by looking",
      ]
    : ["", "", ""];
  return tableExhibit({
    key: "",
    table: layerTable(layers),
    folded: `Every step and position (${picked}every layer is in tables/lens_layers.csv${where})`,
    shown: `After the last block, of the problems whose step is one token of the vocabulary${how}.`,
    files: [lensLayersFile(layers), probesFile(layers)],
  });
}

function positionsExhibit(lens: LensMap): Exhibit {
  return tableExhibit({
    key: "positions",
    table: lensTable(lens),
    folded: "What each position names, with intervals (tables/lens.csv)",
    shown: `The head's first choice after the last block against the values of the solution's steps, of ${lens.problems} problems, fewer for later steps; 95 % Wilson intervals.`,
    files: [lensFile(lens)],
  });
}

function tunedExhibit({ tuned }: LayerLensSummary): Exhibit[] {
  if (tuned.kind === "undefined") return [];
  return [
    tableExhibit({
      key: "tuned",
      table: tunedTable(tuned),
      folded:
        "The tuned lens by layer (every position is in tables/tuned_lens.csv, every step in tables/lens_layers.csv)",
      shown:
        "Held-out means over positions: KL from the last layer's distribution with 95 % bootstrap intervals over problems, and the share of its states' variance that translators explain.",
      files: [tunedFile(tuned)],
    }),
  ];
}
