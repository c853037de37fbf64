/** What the machine can do at most: products of matrices at the model's shapes, and reading memory. */

import { oursByAll, python } from "../contenders/registry.mjs";
import type { Context, Group, Outcome } from "../context.mjs";
import { SHAPE_1B } from "../make/random-checkpoint.mjs";
import { type Command, Contender } from "../protocol.mjs";
import { aboutLines, contendersOf } from "../report.mjs";
import { type Case, interleaved, type Rounds } from "../rounds.mjs";
import { digits, table } from "../table.mjs";

/** The best that any contender reached. */
export interface Ceilings {
  /** Floating point operations a second. */
  readonly flops: number;
  /** Bytes read a second. */
  readonly bandwidth: number;
  readonly rounds: Rounds;
  readonly products: readonly Product[];
  readonly readBytes: number;
}

interface Product {
  readonly key: string;
  readonly rows: number;
  readonly inner: number;
  readonly outer: number;
}

/** Measures them once a run; the shares of other groups refer to the same run. */
export function ceilings(context: Context): Promise<Ceilings> {
  context.ceilings ??= measure(context);
  return context.ceilings;
}

async function measure(context: Context): Promise<Ceilings> {
  const { quick, rounds: count } = context.arguments;
  const { dModel, dMlp } = SHAPE_1B;
  const product = (rows: number, inner: number, outer: number): Product => ({
    key: `${rows} × ${inner} × ${outer}`,
    rows,
    inner,
    outer,
  });
  const products = quick
    ? [product(1, 256, 256), product(64, 256, 256), product(256, 256, 256)]
    : [
        ...[1, 8, 64, 256].flatMap((rows) => [
          product(rows, dModel, dModel),
          product(rows, dModel, dMlp),
          product(rows, dMlp, dModel),
        ]),
        product(2048, dModel, dModel),
      ];
  const readBytes = quick ? 2 ** 24 : 2 ** 30;
  const repeatOf = ({ rows }: Product): number => (rows >= 256 ? 4 : 16);
  const cases: Case[] = [
    ...products.map((each) => ({
      key: each.key,
      request: () => ({ op: "product", rows: each.rows, inner: each.inner, outer: each.outer, repeat: repeatOf(each) }),
    })),
    { key: "read", request: () => ({ op: "read", bytes: readBytes, repeat: 4 }) },
  ];
  const commands: Command[] = [
    ...oursByAll(context, "ours-ceilings"),
    python(context.arguments, "PyTorch", "ceilings_torch.py", context.device),
  ];
  const rounds = await interleaved(context, { commands, cases, rounds: count, bytesEach: 2 ** 31 });
  const best = (key: string): number =>
    Math.min(...[...(rounds.timings.get(key)?.values() ?? [])].map(({ seconds }) => seconds.least));
  const flops = Math.max(...products.map((each) => operations(each) / best(each.key)));
  const oneRow = products
    .filter(({ rows }) => rows === 1)
    .map((each) => (4 * each.inner * each.outer) / best(each.key));
  return { flops, bandwidth: Math.max(readBytes / best("read"), ...oneRow), rounds, products, readBytes };
}

/** The best that one contender reached in a product, in operations a second; NaN where it took no part. */
export function bestProduct({ products: all, rounds }: Ceilings, name: string): number {
  const rates = all.map(
    (each) => operations(each) / (rounds.timings.get(each.key)?.get(name)?.seconds.least ?? Number.NaN),
  );
  return Math.max(...rates);
}

function operations({ rows, inner, outer }: Product): number {
  return 2 * rows * inner * outer;
}

async function run(context: Context): Promise<Outcome> {
  const { flops, bandwidth, rounds, products, readBytes } = await ceilings(context);
  const names = contendersOf(rounds);
  const rate = (key: string, name: string, amount: number): string => {
    const timing = rounds.timings.get(key)?.get(name);
    if (timing === undefined) return "–";
    const { median, least, most } = timing.seconds;
    return `${digits(amount / median / 1e9)} (${digits(amount / most / 1e9)}–${digits(amount / least / 1e9)})`;
  };
  const lines = [
    ...table(
      ["product, rows × in × out", ...names.map((name) => `${name}, GFLOP/s`)],
      products.map((each) => [each.key, ...names.map((name) => rate(each.key, name, operations(each)))]),
    ),
    "",
    ...table(
      ["reading", ...names.map((name) => `${name}, GB/s`)],
      [
        [`a sum over ${readBytes / 2 ** 20} MiB`, ...names.map((name) => rate("read", name, readBytes))],
        ...products
          .filter((each) => each.rows === 1)
          .map((each) => [
            `the weights of ${each.key}`,
            ...names.map((name) => rate(each.key, name, 4 * each.inner * each.outer)),
          ]),
      ],
    ),
    "",
    `Ceilings, the best round of anybody: ${digits(flops / 1e9)} GFLOP/s, ${digits(bandwidth / 1e9)} GB/s.`,
    "",
    ...aboutLines(rounds),
  ];
  return { lines, targets: [], figures: [], data: { flops, bandwidth, ...plain(rounds) } };
}

/** Rounds as plain data. */
export function plain(rounds: Rounds): object {
  const timings = Object.fromEntries(
    [...rounds.timings].map(([key, byName]) => [
      key,
      Object.fromEntries(
        [...byName].map(([name, { seconds, ratio, tokens, reply }]) => {
          const { agreed, tokenForwards } = reply;
          return [name, { seconds, ratio, tokens, agreed, tokenForwards }];
        }),
      ),
    ]),
  );
  const { versions, peaks, absent } = rounds;
  return { timings, versions: Object.fromEntries(versions), peaks: Object.fromEntries(peaks), absent };
}

/** The name of the GPU that PyTorch sees, or null. */
export async function cudaDevice(context: Context): Promise<string | null> {
  let contender: Contender;
  try {
    contender = await Contender.start(python(context.arguments, "PyTorch", "ceilings_torch.py"));
  } catch {
    return null;
  }
  const { cuda, name } = await contender.ask({ op: "about" });
  await contender.close();
  return cuda === true ? String(name) : null;
}

/** The group. */
export const ceilingsGroup: Group = { name: "ceilings", run };
