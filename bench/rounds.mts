/** Interleaved rounds: every contender answers every case in every round, and ours is beside each of them in memory and in time. */

import { availableBytes, type Context } from "./context.mjs";
import { type Command, Contender, type Reply, type Request } from "./protocol.mjs";
import { differing, orderOf, ratioOf, type Spread, spreadOf } from "./statistics.mjs";

/** One thing that is measured. */
export interface Case {
  readonly key: string;
  /** The request, or null where this contender cannot do it. */
  readonly request: (contender: string) => Request | null;
}

/** A contender in one case. */
export interface Timing {
  readonly seconds: Spread;
  /** Its time over ours, median of rounds of which both were part. */
  readonly ratio: Spread;
  /** Tokens compared with ours, and how many of them are others. */
  readonly tokens: { readonly of: number; readonly differ: number };
  readonly reply: Reply;
}

/** Everything that some rounds gave. */
export interface Rounds {
  /** Case → contender → figures. */
  readonly timings: ReadonlyMap<string, ReadonlyMap<string, Timing>>;
  /** Who did not take part, or failed, and why. */
  readonly absent: readonly { readonly name: string; readonly why: string }[];
  readonly versions: ReadonlyMap<string, string>;
  readonly peaks: ReadonlyMap<string, number>;
  /** Weights of our model. */
  readonly parameters: number | null;
}

/** How rounds are run. */
export interface RoundsOptions {
  readonly commands: readonly (Command | { readonly name: string; readonly why: string })[];
  readonly cases: readonly Case[];
  readonly rounds: number;
  /** What one contender takes; where all do not fit they run in turn, each beside ours. */
  readonly bytesEach: number;
  /** Round −1, which is not counted, warms up; none for what takes minutes. */
  readonly warm?: boolean;
}

const OURS = "ours";
// Threads of the one before spin a while after their work.
const PAUSE_MS = 150;

/** Runs them. @throws Error when ours does not start or fails. */
export async function interleaved(context: Context, options: RoundsOptions): Promise<Rounds> {
  const { commands, bytesEach } = options;
  const absent = commands.flatMap((each) => ("why" in each ? [each] : []));
  const known = commands.flatMap((each) => ("why" in each ? [] : [each]));
  const timings = new Map<string, Map<string, Timing>>();
  const versions = new Map<string, string>();
  const peaks = new Map<string, number>();
  let parameters: number | null = null;
  for (const set of setsOf(known, bytesEach, availableBytes())) {
    const running: Contender[] = [];
    try {
      for (const command of set) {
        try {
          running.push(await Contender.start(command));
        } catch (error) {
          if (command.name === OURS) throw error;
          absent.push({ name: command.name, why: error instanceof Error ? error.message : String(error) });
        }
      }
      const measured = await measure(context, running, options, absent);
      for (const [key, byName] of measured) {
        const all = timings.get(key) ?? new Map<string, Timing>();
        timings.set(key, all);
        for (const [name, timing] of byName) if (!all.has(name)) all.set(name, timing);
      }
      for (const { name, version, peakBytes } of running) {
        versions.set(name, version);
        peaks.set(name, Math.max(peaks.get(name) ?? 0, peakBytes));
      }
      parameters ??= running.find(({ name }) => name === OURS)?.parameters ?? null;
    } finally {
      await Promise.all(running.map((contender) => contender.close()));
    }
  }
  return { timings, absent, versions, peaks, parameters };
}

/** All at once where memory allows, else ours with one other at a time. */
export function setsOf<T extends { readonly name: string }>(
  commands: readonly T[],
  bytesEach: number,
  available: number,
): T[][] {
  const others = commands.filter(({ name }) => name !== OURS);
  if (others.length <= 1 || commands.length * bytesEach <= available) return [[...commands]];
  return others.map((other) => commands.filter((each) => each.name === OURS || each === other));
}

async function measure(
  context: Context,
  running: readonly Contender[],
  { cases, rounds, warm = true }: RoundsOptions,
  absent: { name: string; why: string }[],
): Promise<Map<string, Map<string, Timing>>> {
  const taken = new Map<string, Map<string, { seconds: number[]; reply: Reply }>>();
  const failed = new Set<string>();
  for (let round = warm ? -1 : 0; round < rounds; round++) {
    for (const each of cases) {
      const said: string[] = [];
      for (const contender of orderOf(running, round)) {
        const request = each.request(contender.name);
        if (request === null || failed.has(`${contender.name} ${each.key}`)) continue;
        const reply = await contender.ask(request);
        if (reply.error !== undefined) {
          if (contender.name === OURS) throw new Error(`ours failed at ${each.key}: ${reply.error}`);
          failed.add(`${contender.name} ${each.key}`);
          absent.push({ name: `${contender.name} at ${each.key}`, why: reply.error });
          continue;
        }
        const byName = taken.get(each.key) ?? new Map<string, { seconds: number[]; reply: Reply }>();
        taken.set(each.key, byName);
        const { seconds = [] } = byName.get(contender.name) ?? {};
        byName.set(contender.name, { seconds, reply });
        if (round >= 0) seconds.push(reply.seconds ?? Number.NaN);
        said.push(`${contender.name} ${(reply.seconds ?? Number.NaN).toFixed(3)} s`);
        await new Promise((next) => setTimeout(next, PAUSE_MS));
      }
      context.say(`  ${round < 0 ? "warm-up" : `round ${round + 1}`} ${each.key}: ${said.join(", ")}`);
    }
  }
  return new Map([...taken].map(([key, byName]) => [key, summed(byName)]));
}

function summed(byName: ReadonlyMap<string, { seconds: number[]; reply: Reply }>): Map<string, Timing> {
  const ours = byName.get(OURS);
  const whole = [...byName].filter(([, { seconds }]) => ours === undefined || seconds.length === ours.seconds.length);
  return new Map(
    whole.map(([name, { seconds, reply }]) => [
      name,
      {
        seconds: spreadOf(seconds),
        ratio: ratioOf(seconds, ours?.seconds ?? seconds.map(() => Number.NaN)),
        tokens: differing(ours?.reply.ids ?? reply.ids, reply.ids),
        reply,
      },
    ]),
  );
}
