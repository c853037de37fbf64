/** One run over more processes: workers of this machine, shards, and a queue on Redis; equal records first. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context, Group, Outcome } from "../context.mjs";
import { benchFigure } from "../report.mjs";
import { median, ratioOf, type Spread, spreadOf } from "../statistics.mjs";
import { digits, secondsText, spreadText, type Target, table } from "../table.mjs";

const CODILENS = fileURLToPath(new URL("../../scripts/codilens.mjs", import.meta.url));

/** A way to run it, and the seconds of each round. */
interface Way {
  readonly name: string;
  readonly run: () => Promise<{ readonly seconds: number; readonly records: string }>;
  readonly seconds: number[];
}

async function run(context: Context): Promise<Outcome> {
  const { quick, work, rounds: asked } = context.arguments;
  const rounds = Math.min(asked, 3);
  const problems = quick ? 2 : 8;
  const studies = quick ? ["--study", "token-ablation"] : ["--study", "all"];
  const base = ["--problems", String(problems), ...studies, "--threads", "1", "--no-control-model"];
  const cores = cpus().length;
  const folder = join(work, "scale");
  mkdirSync(folder, { recursive: true });
  const counts = [1, 2, 4, 8, 16, 32, 64].filter((count) => count <= Math.max(2, cores));
  const local = counts.map((count) =>
    way(`${count} ${count === 1 ? "worker" : "workers"}`, () => workers(folder, base, count)),
  );
  const shards = way(`${cores} shards at once`, () => sharded(folder, base, cores));
  const redis = spawnSync("redis-server", ["--version"]).status === 0;
  const queue = way(`queue, ${cores} workers`, () => queued(folder, base, cores));
  const ways = [...local, shards, ...(redis ? [queue] : [])];
  // The first run builds what is missing, and measures how long steps take.
  await workers(folder, base, 1);
  let records: string | undefined;
  for (let round = 0; round < rounds; round++)
    for (const each of ways) {
      const found = await each.run();
      records ??= found.records;
      if (found.records !== records) throw new Error(`${each.name}: other records than ${ways[0]?.name}`);
      each.seconds.push(found.seconds);
      context.say(`  round ${round + 1} ${each.name}: ${found.seconds.toFixed(2)} s`);
    }
  const one = local[0]?.seconds ?? [];
  const speedUp = (each: Way): Spread => ratioOf(one, each.seconds);
  const two = local.find(({ name }) => name === "2 workers");
  const all = local.find(({ name }) => name === `${cores} workers`);
  const targets: Target[] = [
    {
      what: "all studies, embedded model: one worker / two",
      wanted: 1.6,
      sense: "at least",
      unit: "",
      measured: two === undefined || cores < 2 ? Number.NaN : speedUp(two).median,
    },
    {
      what: "overhead of the queue over as many local workers",
      wanted: 3,
      sense: "at most",
      unit: " %",
      measured: !redis || all === undefined ? Number.NaN : 100 * (ratioOf(queue.seconds, all.seconds).median - 1),
      note: "jobs as the run cuts them, loading included",
    },
  ];
  return {
    lines: [
      `\`experiment ${base.join(" ")}\` on the embedded model, one thread in each worker: seconds of computing that the command itself reports, from loading to the last record, without analysis; of shards, the slowest. Records are byte-equal in every run. ${cores} cores.`,
      "",
      ...table(
        ["run", "seconds", "one worker / this"],
        ways.map((each) => [each.name, secondsText(spreadOf(each.seconds)), spreadText(speedUp(each))]),
      ),
      ...(redis ? [] : ["", "Absent: the queue (no redis-server)."]),
    ],
    targets,
    figures: [{ name: "scale", alt: "How many times as fast as one worker", spec: scaleFigure(local, problems) }],
    data: ways.map(({ name, seconds }) => ({ name, seconds })),
  };
}

function way(name: string, body: Way["run"]): Way {
  return { name, run: body, seconds: [] };
}

interface Reported {
  readonly seconds: number;
}

/** Starts a command of ours; the reply is what `--json` prints. @throws Error for another exit code than 0. */
async function codilens(args: readonly string[]): Promise<Reported> {
  const child = spawn(process.execPath, [CODILENS, ...args, "--json", "--quiet"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, errors] = [gathered(child, "stdout"), gathered(child, "stderr")];
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`codilens ${args.join(" ")} ended with ${code}: ${errors().slice(-300)}`);
  return JSON.parse(out()) as Reported;
}

function gathered(child: ChildProcess, stream: "stdout" | "stderr"): () => string {
  let text = "";
  child[stream]?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return () => text;
}

function fresh(folder: string, name: string): string {
  const out = join(folder, name);
  rmSync(out, { recursive: true, force: true });
  return out;
}

function hashOf(out: string): string {
  return createHash("sha256")
    .update(readFileSync(join(out, "records.jsonl")))
    .digest("hex");
}

async function workers(folder: string, base: readonly string[], count: number) {
  const out = fresh(folder, "workers");
  const { seconds } = await codilens([
    "experiment",
    ...base,
    "--workers",
    String(count),
    "--no-progress",
    "--out",
    out,
  ]);
  return { seconds, records: hashOf(out) };
}

/** As many shards as cores, counted from 0, each a process of one worker; then they become one run. */
async function sharded(folder: string, base: readonly string[], count: number) {
  const out = fresh(folder, "shards");
  const shard = (index: number): Promise<Reported> =>
    codilens(["experiment", ...base, "--workers", "1", "--no-progress", "--shard", `${index}/${count}`, "--out", out]);
  const reported = await Promise.all(Array.from({ length: count }, (_, i) => shard(i)));
  await codilens(["merge", out]);
  return { seconds: Math.max(...reported.map(({ seconds }) => seconds)), records: hashOf(out) };
}

/** A Redis server of its own, and as many workers as cores. */
async function queued(folder: string, base: readonly string[], count: number) {
  const out = fresh(folder, "queue");
  const port = await freePort();
  const server = spawn(
    "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    {
      stdio: "ignore",
      cwd: folder,
    },
  );
  const url = `redis://127.0.0.1:${port}`;
  const stations = Array.from({ length: count }, () =>
    spawn(process.execPath, [CODILENS, "worker", "--queue", url, "--quiet"], { stdio: "ignore" }),
  );
  try {
    const { seconds } = await codilens(["experiment", ...base, "--no-progress", "--queue", url, "--out", out]);
    return { seconds, records: hashOf(out) };
  } finally {
    for (const station of stations) {
      station.kill("SIGTERM");
      if (station.exitCode === null) await once(station, "close");
    }
    server.kill("SIGTERM");
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function scaleFigure(local: readonly Way[], problems: number) {
  const one = median(local[0]?.seconds ?? []);
  const values = local.map(({ name, seconds }) => ({
    workers: Number.parseInt(name, 10),
    times: one / median(seconds),
  }));
  const x = { field: "workers", type: "quantitative", axis: { tickMinStep: 1 }, scale: { domainMin: 1 } };
  const y = (field: string) => ({ field, type: "quantitative", title: "times as fast as one worker" });
  return benchFigure(
    "One run over more workers",
    [`all studies, ${problems} problems, embedded model; dashed: as many times as fast as there are workers`],
    {
      width: 260,
      height: 180,
      data: { values: values.map((each) => ({ ...each, label: digits(each.times) })) },
      layer: [
        { mark: { type: "line", strokeDash: [3, 3] }, encoding: { x, y: y("workers") } },
        { mark: { type: "line", point: true }, encoding: { x, y: y("times") } },
        { mark: { type: "text", dy: -8, fontSize: 8 }, encoding: { x, y: y("times"), text: { field: "label" } } },
      ],
    },
  );
}

/** The group. */
export const scaleGroup: Group = { name: "scale", run };
