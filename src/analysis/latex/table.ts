/** A report's table in LaTeX: booktabs, columns that do not fit beside each other below each other. */

import { isReason, type TableData, UNTESTED } from "../../exhibits/table.js";
import { escapeLatex } from "./escape.js";

// Characters of a line of 160 mm at 8 pt, as measured in set tables.
const LINE = 108;
// A first column of longer texts breaks its lines.
const WIDEST_NAME = 38;
const WIDEST_HEAD = 14;
// More rows do not fit on a page.
const MOST_ROWS = 40;

/** Caption and label of a table. */
export interface TableTitle {
  /** LaTeX; what came from data is escaped already. */
  readonly caption: string;
  readonly label: string;
}

/** @returns one table, or several of some of the columns each; the first column stands in all. */
export function latexTable(table: TableData, title: TableTitle): string {
  const texts = table.rows.map((row) => row.map(shown));
  const isOpen = texts.some((row) => row.includes(UNDEFINED));
  const parts = columnGroups(table.header, texts);
  return parts
    .map((columns, part) => {
      const caption = [
        title.caption,
        ...(isOpen ? ["\\textendash{}: not defined."] : []),
        ...(parts.length === 1 ? [] : [`Part ${part + 1} of ${parts.length}.`]),
      ].join(" ");
      const label = part === 0 ? title.label : `${title.label}-part-${part + 1}`;
      return drawn(
        columns.map((at) => table.header[at] ?? ""),
        texts.map((row) => columns.map((at) => row[at] ?? "")),
        {
          caption,
          label,
        },
      );
    })
    .join("\n");
}

const UNDEFINED = "\u2013";
const UNSAID: ReadonlySet<string> = new Set(Object.values(UNTESTED));

/** Why a number is not defined stands in the report. */
function shown(text: string): string {
  return isReason(text) || UNSAID.has(text) ? UNDEFINED : text;
}

function columnGroups(header: readonly string[], rows: readonly (readonly string[])[]): number[][] {
  const width = header.map((head, at) =>
    Math.max(...headLines(head).map(({ length }) => length), ...rows.map((row) => row[at]?.length ?? 0), 1),
  );
  const name = Math.min(width[0] ?? 0, WIDEST_NAME);
  const groups: number[][] = [];
  let left = 0;
  for (let at = 1; at < header.length; at++) {
    const wanted = 2 + (width[at] ?? 0);
    const group = groups.at(-1);
    if (group === undefined || wanted > left) {
      groups.push([0, at]);
      left = LINE - name - wanted;
    } else {
      group.push(at);
      left -= wanted;
    }
  }
  return groups;
}

function drawn(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { caption, label }: TableTitle,
): string {
  const isNamed = rows.some(([name = ""]) => name.length > WIDEST_NAME);
  const first = isNamed ? ">{\\raggedright\\arraybackslash}p{0.38\\linewidth}" : "l";
  const columns = `@{}${first}${"l".repeat(header.length - 1)}@{}`;
  const head = `${header.map(headCell).join(" & ")} \\\\`;
  const body = rows.map((row) => `${row.map(escapeLatex).join(" & ")} \\\\`).join("\n");
  const isLong = rows.length > MOST_ROWS;
  const title = `\\caption{${caption}}\\label{${label}}`;
  if (isLong)
    return `{\\footnotesize\\setlength{\\tabcolsep}{4pt}\\setlength{\\LTcapwidth}{\\linewidth}
\\begin{longtable}{${columns}}
${title}\\\\
\\toprule
${head}
\\midrule
\\endfirsthead
\\toprule
${head}
\\midrule
\\endhead
\\bottomrule
\\endfoot
${body}
\\end{longtable}}
`;
  return `\\begin{table}[htbp]
\\centering\\footnotesize\\setlength{\\tabcolsep}{4pt}
${title}
\\par\\smallskip
\\begin{tabular}{${columns}}
\\toprule
${head}
\\midrule
${body}
\\bottomrule
\\end{tabular}
\\end{table}
`;
}

function headCell(text: string): string {
  const lines = headLines(text).map(escapeLatex);
  return lines.length === 1 ? (lines[0] ?? "") : `\\shortstack[l]{${lines.join("\\\\")}}`;
}

/** Lines of a heading, broken at blanks. */
function headLines(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll("95 %", "95\u00a0%").split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDEST_HEAD) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
