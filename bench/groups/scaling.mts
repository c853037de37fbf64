/** How time and memory grow with problems, conditions, layers and rows, on the embedded model and narrow random ones. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { COLOURS, type FigureSpec } from "../../src/exhibits/figure.js";
import { ours } from "../contenders/registry.mjs";
import type { Context, Group, Outcome } from "../context.mjs";
import { ensureCheckpoint, SHAPE_TINY } from "../make/random-checkpoint.mjs";
import { type Command, Contender, type Request } from "../protocol.mjs";
import { benchFigure } from "../report.mjs";
import { exponentOf, median } from "../statistics.mjs";
import { digits, table } from "../table.mjs";

const EMBEDDED = fileURLToPath(new URL("../../weights/tiny-codi", import.meta.url));

interface Point {
  readonly size: number;
  readonly seconds: number;
  /** Peak memory beyond what the process held before the first size. */
  readonly bytes: number;
}

interface Series {
  readonly axis: string;
  readonly item: string;
  readonly points: readonly Point[];
}

async function run(context: Context): Promise<Outcome> {
  const { quick, rounds } = context.arguments;
  const upTo = <T extends number>(most: number, sizes: readonly T[]): T[] =>
    sizes.filter((size) => !quick || size <= most);
  const series: Series[] = [
    {
      axis: "problems",
      item: "problem, 7 conditions",
      points: await sweep(
        context,
        upTo(10, [1, 3, 10, 30, 100, 300, 1000]),
        rounds,
        () => ours("ours-runs", EMBEDDED),
        (size) => ({
          op: "conditions",
          questions: manyQuestions(size),
          conditions: 7,
          limit: 16,
        }),
      ),
    },
    {
      axis: "conditions",
      item: "condition of one problem",
      points: await sweep(
        context,
        upTo(31, [1, 7, 31, 101, 301]),
        rounds,
        () => ours("ours-runs", EMBEDDED),
        (size) => ({
          op: "conditions",
          questions: manyQuestions(1),
          conditions: size,
          limit: 16,
        }),
      ),
    },
    {
      axis: "layers",
      item: "layer, prefill of 64 tokens",
      points: await sweep(
        context,
        upTo(8, [2, 4, 8, 16, 32, 64]),
        rounds,
        (size) =>
          ours(
            "ours-steps",
            ensureCheckpoint(context.arguments.work, `layers-${size}`, {
              ...SHAPE_TINY,
              layers: size,
              dModel: 256,
              dMlp: 768,
            }),
          ),
        () => ({ op: "prefill", ids: Array.from({ length: 64 }, (_, i) => i) }),
      ),
    },
    {
      axis: "rows",
      item: "row of a decode step",
      points: await sweep(
        context,
        upTo(16, [1, 2, 4, 8, 16, 32, 64, 128, 256]),
        rounds,
        () => ours("ours-steps", EMBEDDED),
        (size) => ({
          op: "decode",
          prompt: Array.from({ length: 48 }, (_, i) => i + 10),
          rows: size,
          steps: 4,
          first: 10,
        }),
      ),
    },
  ];
  const fits = series.map((each) => ({ ...each, exponent: fitted(each.points) }));
  const lines = fits.flatMap(({ axis, item, points, exponent }) => [
    `**${axis}**: time grows as ${axis} to the power ${digits(exponent)} (least squares over the upper half of the sizes). A ${item}:`,
    "",
    ...table(
      [axis, "time", "time an item", "memory an item"],
      points.map(({ size, seconds, bytes }) => [
        `${size}`,
        `${digits(seconds * 1e3)} ms`,
        `${digits((seconds / size) * 1e3)} ms`,
        bytes > 0 ? `${digits(bytes / size / 2 ** 20)} MiB` : "none",
      ]),
    ),
    "",
  ]);
  const figure = {
    name: "scaling",
    alt: "Time an item against the number of problems, conditions, layers and rows",
    spec: scalingFigure(fits),
  };
  return {
    lines: [
      "Problems and conditions: the embedded model. Layers: random models of width 256. Rows: the embedded model. Medians of rounds; memory is the process's peak beyond what it held at the first size, so a size that fits in what a smaller one left shows none.",
      "",
      ...lines,
    ],
    targets: [],
    figures: [figure],
    data: fits,
  };
}

/** Small sizes are all overhead: the exponent is that of the upper half. */
function fitted(points: readonly Point[]): number {
  const upper = points.slice(Math.max(0, Math.min(points.length - 2, Math.floor(points.length / 2))));
  return exponentOf(upper.map(({ size, seconds }) => ({ x: size, y: seconds })));
}

async function sweep(
  context: Context,
  sizes: readonly number[],
  rounds: number,
  command: (size: number) => Command,
  request: (size: number) => Request,
): Promise<Point[]> {
  const points: Point[] = [];
  let running: { readonly key: string; readonly contender: Contender; readonly base: number } | undefined;
  try {
    for (const size of sizes) {
      const wanted = command(size);
      const key = wanted.args.join(" ");
      if (running?.key !== key) {
        await running?.contender.close();
        const contender = await Contender.start(wanted);
        const { peakBytes = 0 } = await contender.ask(request(sizes[0] ?? 1));
        running = { key, contender, base: peakBytes };
      }
      const { contender, base } = running;
      const seconds: number[] = [];
      // What takes long needs no repeats to be told from noise.
      for (let round = -1; round < rounds && (seconds[0] ?? 0) < 10; round++) {
        const reply = await contender.ask(request(size));
        if (reply.error !== undefined) throw new Error(`${wanted.args.at(-1)} at ${size}: ${reply.error}`);
        if (round >= 0) seconds.push(reply.seconds ?? Number.NaN);
      }
      points.push({ size, seconds: median(seconds), bytes: contender.peakBytes - base });
      context.say(`  ${request(size).op} ${size}: ${median(seconds).toFixed(4)} s`);
    }
  } finally {
    await running?.contender.close();
  }
  return points;
}

/** The embedded problems, and after them the same with every number one larger in its first digit, so that no two are alike. */
function manyQuestions(count: number): string[] {
  const rows = readFileSync(`${EMBEDDED}/problems_100.jsonl`, "utf8").trim().split("\n");
  const own = rows.map((line) => (JSON.parse(line) as { question: string }).question);
  return Array.from({ length: count }, (_, i) => {
    const turn = Math.floor(i / own.length);
    return (own[i % own.length] ?? "").replace(/\d/g, (digit) => String((Number(digit) + turn) % 10));
  });
}

function scalingFigure(series: readonly (Series & { readonly exponent: number })[]): FigureSpec {
  const panels = series.map(({ axis, item, points, exponent }) => ({
    width: 180,
    height: 130,
    title: {
      text: `${axis}: exponent ${digits(exponent)}`,
      fontSize: 9,
      fontWeight: "normal",
      subtitle: `ms a ${item}`,
    },
    data: { values: points.map(({ size, seconds }) => ({ size, item: (seconds / size) * 1e3 })) },
    mark: {
      type: "line",
      point: { filled: true, size: 26, color: COLOURS.blue },
      color: COLOURS.blue,
      strokeWidth: 1.2,
    },
    encoding: {
      x: {
        field: "size",
        type: "quantitative",
        title: axis,
        scale: { type: "log" },
        axis: { tickCount: 4, format: "~s" },
      },
      y: {
        field: "item",
        type: "quantitative",
        title: null,
        scale: { type: "log" },
        axis: { tickCount: 4, format: "~g" },
      },
    },
  }));
  return benchFigure("How the work grows", ["time an item; level: linear growth, falling: items share work"], {
    concat: panels,
    columns: 2,
  });
}

/** The group. */
export const scalingGroup: Group = { name: "scaling", run };
