/** Arguments of `npm run bench`. */

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { homeFolder } from "../scripts/setup/cache-folder.mjs";
import { stopWhereLost } from "../scripts/setup/npm-options.mjs";
import { UsageError } from "../src/base/errors.js";

/** The groups, in the order in which they run. */
export const GROUPS = [
  "ceilings",
  "load",
  "steps",
  "gpt2",
  "study",
  "hooks",
  "gradients",
  "scaling",
  "command",
  "sweep",
  "scale",
  "gpu",
  "lab",
] as const;
/** One of them. */
export type GroupName = (typeof GROUPS)[number];

/** What the user asked for. */
export interface BenchArguments {
  readonly groups: readonly GroupName[];
  /** Tiny shapes, no peers needed. */
  readonly quick: boolean;
  readonly json: boolean;
  /** A CODI checkpoint's folder; a random one is made where it is null. */
  readonly model: string | null;
  readonly rounds: number;
  /** Problems of the study's comparison, and of the whole run. */
  readonly problems: number;
  readonly wholeProblems: number;
  /** Seconds after which the group `gpu` begins no further part. */
  readonly seconds: number;
  /** Folder of the peers. */
  readonly peers: string;
  /** Python of the PyTorch contenders. */
  readonly python: string;
  /** Folder of RESULTS.md and figures. */
  readonly out: string;
  /** Where checkpoints and exports of the run lie. */
  readonly work: string;
  readonly help: boolean;
}

/** Printed by `--help`. */
export const HELP = `npm run bench -- [options]
  --quick            tiny shapes and few rounds, minutes; peers are used where they are installed
  --only GROUP       one group, or several with commas: ${GROUPS.join(", ")}
  --model DIR        a CODI checkpoint (default: a random one of LLaMA-3.2-1B's shape, made once); gpt2 has its own
  --rounds N         interleaved rounds (default 5, 2 with --quick)
  --problems N       problems of the study beside PyTorch (default 16, 2 with --quick)
  --whole N          problems of the whole run (default 100, 4 with --quick)
  --seconds N        seconds after which the group gpu begins no further part (default 3600)
  --peers DIR        what bench/peers/setup installed (default CODILENS_PEERS, else ~/.cache/codilens/peers)
  --python PYTHON    interpreter of the PyTorch contenders (default: the peers' own)
  --out DIR          folder of RESULTS.md and figures (default bench; quick in the --work folder with --quick)
  --work DIR         folder for checkpoints that the bench makes (default: the system's temporary one)
  --json             everything measured, on stdout`;

/** @param bench the folder `bench` of the repository. @throws UsageError naming the option. */
export function parseBenchArguments(argv: readonly string[], bench: string): BenchArguments {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), "see npm run bench -- --help");
  }
  const quick = values.quick === true;
  const peers =
    values.peers ?? process.env["CODILENS_PEERS"] ?? join(homeFolder() ?? tmpdir(), ".cache", "codilens", "peers");
  const work = values.work ?? join(tmpdir(), "codilens-bench");
  const own = join(peers, "venv", "bin", "python");
  return {
    groups: groupsOf(values.only),
    quick,
    json: values.json === true,
    model: values.model ?? null,
    rounds: count(values.rounds, "--rounds", quick ? 2 : 5),
    problems: count(values.problems, "--problems", quick ? 2 : 16),
    wholeProblems: count(values.whole, "--whole", quick ? 4 : 100),
    seconds: count(values.seconds, "--seconds", 3600),
    peers,
    python: values.python ?? (existsSync(own) ? own : "python3"),
    // Figures of tiny shapes never replace measured ones.
    out: values.out ?? (quick ? join(work, "quick") : bench),
    work,
    help: values.help === true,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    quick: flag,
    json: flag,
    help: flag,
    only: text,
    model: text,
    rounds: text,
    problems: text,
    whole: text,
    seconds: text,
    peers: text,
    python: text,
    out: text,
    work: text,
  };
  stopWhereLost("bench", options, argv);
  return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
}

function groupsOf(only: string | undefined): readonly GroupName[] {
  if (only === undefined) return GROUPS;
  const asked = only.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !(GROUPS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--only: there is no group "${unknown}"`, `the groups are ${GROUPS.join(", ")}`);
  return GROUPS.filter((name) => asked.includes(name));
}

function count(value: string | undefined, option: string, usual: number): number {
  if (value === undefined) return usual;
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new UsageError(`${option} is "${value}", wanted a whole number of at least 1`, "correct it");
  return Number(value);
}
