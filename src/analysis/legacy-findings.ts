/** Studies whose analysis sides are not yet in their folders, as findings. */

import { figureExhibit, tableExhibit } from "../exhibits/exhibit.js";
import type { FigureSpec } from "../exhibits/figure.js";
import type { Finding, LegacyStudy, RunFacts } from "../studies/finding.js";
import { layerLensFigure } from "../studies/lens/layers-figure.js";
import { tunedLensFigure } from "../studies/lens/tuned/figure.js";
import { patchingHeadsFigure } from "../studies/patching/figures.js";
import { knockoutFigure } from "../studies/shared/condition-figure.js";
import { summarizeStudies } from "../studies/shared/conditions-finding.js";
import { testedSentence } from "../studies/shared/tested.js";
import { studyFigure } from "./draw/study-figures.js";
import { studyMethod } from "./latex/methods-studies.js";
import { captionOf } from "./report/captions.js";
import { studyTables } from "./report/study-tables.js";
import type { RunData } from "./summary-types.js";

/** By name. */
export function legacyFindings(data: RunData, run: RunFacts): Map<string, Finding> {
  const studies = summarizeStudies(
    data.studyRows,
    run.seed,
    data.lensRows,
    data.stories,
    data.patchRows,
    data.layerLensRows,
    data.tunedLens,
  );
  return new Map(studies.map((study) => [study.name, legacyFinding(study, run)]));
}

/** One of them. */
export function legacyFinding(study: LegacyStudy, run: RunFacts): Finding {
  const { name, question, sentence, caveat, ...data } = study;
  const figure = (key: string, spec: FigureSpec | null) =>
    spec === null
      ? []
      : [
          figureExhibit({
            key,
            title: question,
            spec,
            caption: captionOf(["study", name, key].filter(Boolean).join("_"), run),
          }),
        ];
  const { layerLens, patching } = study;
  return {
    name,
    question,
    sentence,
    caveat,
    tested: testedSentence(study),
    method: studyMethod(study),
    data,
    exhibits: [
      ...figure("", studyFigure(study, run)),
      ...figure("attention", study.figure === null ? null : knockoutFigure(study, study.figure, run)),
      ...figure("layers", layerLens === undefined ? null : layerLensFigure(layerLens, run)),
      ...figure("tuned", layerLens === undefined ? null : tunedLensFigure(layerLens, run)),
      ...figure("heads", patching === undefined ? null : patchingHeadsFigure(patching, run)),
      ...studyTables(study).map((each) => tableExhibit(each)),
    ],
  };
}
