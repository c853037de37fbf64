/** How many steps a solution has. */

import type { Stratum } from "./problem.js";

/** @param steps of the solution; null where nothing says so. */
export function stratumOf(steps: number | null): Stratum {
  if (steps === null || steps === 0) return "unknown";
  if (steps === 1) return "1-step";
  return steps >= 5 ? "5+step" : (`${steps}-step` as Stratum);
}

/**
 * Steps of a solution that marks none: its lines. A solution of one line is counted by sentences where the file tells it apart from the
 * answer (`cot`), as the reference's trainer splits it.
 *
 * @param answer a whole answer, `#### 9` at its end. @returns null where it holds no solution.
 */
export function unmarkedSteps(answer: string): number | null {
  const lines = linesOf(answer);
  const isBare =
    lines.length <= 1 &&
    !answer.includes("####") &&
    /^\W*[\d.,]*\W*$|^\w$|^(?:true|false|yes|no)$/i.test(answer.trim());
  return isBare || lines.length === 0 ? null : lines.length;
}

/** The same of a solution by itself. */
export function sentencesOf(solution: string): number | null {
  const lines = linesOf(solution);
  const parts = lines.length > 1 ? lines : solution.split(". ").filter((part) => part.trim() !== "");
  return parts.length === 0 ? null : parts.length;
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("####"));
}
