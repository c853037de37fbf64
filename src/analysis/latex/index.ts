/** Tables, methods and references of an analysis for a paper in LaTeX. */

import type { RunComparison } from "../comparison/run-comparison.js";
import type { Analysis } from "../summary-types.js";
import { bibliographyOf } from "./bibliography.js";
import { titledTables } from "./captions.js";
import { comparisonMethods, comparisonTables } from "./comparison.js";
import { methods } from "./methods.js";
import { latexTable } from "./table.js";

/** Folder of the files within a run or a comparison. */
export const LATEX_FOLDER = "latex";

/**
 * @returns file name → text: tables, methods, the references that these cite, and a document that holds them.
 *
 * @example
 * ```ts
 * const files = latexFiles(analyse(loadRun(dir)));
 * files.has("tables.tex"); // → true
 * ```
 */
export function latexFiles(analysis: Analysis): Map<string, string> {
  const tables = titledTables(analysis).map(({ table, title }) => latexTable(table, title));
  return filesOf(tables.join("\n"), methods(analysis));
}

/** The same of compared runs. */
export function latexOfComparisons(comparisons: readonly RunComparison[]): Map<string, string> {
  const tables = comparisonTables(comparisons).map(({ table, title }) => latexTable(table, title));
  return filesOf(tables.join("\n"), comparisonMethods(comparisons));
}

function filesOf(tables: string, text: string): Map<string, string> {
  return new Map([
    ["tables.tex", `% Needs booktabs, longtable, array and [T1]{fontenc}.\n${tables}`],
    ["methods.tex", text],
    ["references.bib", bibliographyOf([tables, text])],
    ["document.tex", DOCUMENT],
  ]);
}

const DOCUMENT = `% pdflatex document; bibtex document; pdflatex document; pdflatex document
\\documentclass[10pt,a4paper]{article}
\\usepackage[T1]{fontenc}
\\usepackage[utf8]{inputenc}
\\usepackage[margin=25mm]{geometry}
\\usepackage{array,booktabs,longtable,url}
% Fonts that scale and can be searched, where they are installed.
\\IfFileExists{lmodern.sty}{\\usepackage{lmodern}}{}
\\begin{document}
\\raggedright
\\section*{Methods}
\\input{methods}
\\section*{Tables}
\\input{tables}
\\clearpage
\\bibliographystyle{plain}
\\bibliography{references}
\\end{document}
`;
