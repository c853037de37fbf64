/** Our reader of PyTorch files against `torch.load(weights_only=True)`: never more lenient, equal tensors, and nothing touched meanwhile. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import { elements, isFloat } from "../../src/model/checkpoint/store.js";
import { openTorchBin } from "../../src/model/checkpoint/torch-bin.js";
import { CANARY, pickleCase } from "./pickle-mutate.js";
import type { Reference, Verdict } from "./reference.js";
import { asFinding, type Finding, type Part, type PartResult, refusalFault, Table } from "./report.js";
import { classOf } from "./torch-classes.js";
import { watched } from "./watch.js";
import { startWatchdog } from "./watchdog.js";
import { zipCase } from "./zip-mutate.js";

const MOST_ELEMENTS = 1_000_000;
/** What the process may grow by over a whole run. */
export const MOST_GROWTH_MIB = 200;

/** Ours in the form in which `verdict.py` answers. */
interface Ours {
  readonly digest: string | null;
  readonly error: unknown;
}

/** Opens a file and reads every tensor that may be a weight. */
export async function readOurs(bytes: Uint8Array): Promise<Ours> {
  try {
    const store = await openTorchBin(await filesFromBytes("case", { file: bytes }).open("file"));
    const hash = createHash("sha256");
    const sorted = [...store.tensors.values()].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    for (const { name, dtype, shape } of sorted) {
      hash.update([name, dtype, shape.join(","), ""].join("\0"));
      const count = elements(shape);
      if (!isFloat(dtype) || count === 0 || count > MOST_ELEMENTS) continue;
      const { data } = await store.read(name);
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    return { digest: hash.digest("hex").slice(0, 16), error: null };
  } catch (error) {
    return { digest: null, error };
  }
}

/** What the reference said of a file. */
export interface TorchVerdict {
  /** `w` read by weights_only, `c` by CPython's own machine with the same names, `o` read but no state dict, null: refused. */
  readonly kind: "w" | "c" | "o" | null;
  /** Digest or its beginning. */
  readonly digest: string;
  /** What the file is like, by Python's zipfile and pickletools; null where it was not kept. */
  readonly features: ReadonlySet<string> | null;
  /** Why it was refused. */
  readonly reason?: string;
}

/** @param verdict of reader `t`. */
export function torchVerdict({ kind, payload }: Verdict): TorchVerdict {
  if (kind !== "ok") return { kind: null, digest: "", features: null, reason: payload.toString("utf8", 0, 200) };
  return {
    kind: payload.toString("latin1", 0, 1) as "w" | "c" | "o",
    digest: payload.toString("hex", 1, 9),
    features: new Set(payload.toString("utf8", 9).split(";")),
  };
}

/** Looks at one file. @returns what is wrong, or null; counts in the table. */
export async function judgeTorch(bytes: Uint8Array, expected: TorchVerdict, table: Table): Promise<string | null> {
  const {
    value: { digest, error },
    touched,
  } = await watched(() => readOurs(bytes));
  if (touched.length > 0) return `touched something: ${touched.slice(0, 3).join(", ")}`;
  const wrong = error === null ? null : refusalFault(error);
  if (wrong !== null) return wrong;
  if (expected.kind === null) {
    table.count(digest === null ? "both refuse" : "ours accepts, the reference refuses");
    return digest === null ? null : `we accept what the reference refuses: ${expected.reason ?? ""}`;
  }
  if (digest !== null) {
    table.count("both accept");
    if (expected.kind === "o") return "we find a state dict where the reference finds none";
    if (expected.kind === "c") table.difference("protocol 4 or 5");
    return digest.startsWith(expected.digest) ? null : "we read other tensors than the reference";
  }
  table.count("ours refuses, the reference accepts");
  const name = classOf((error as Error).message, expected);
  if (name === null) return `we refuse what the reference accepts, and no class says why: ${(error as Error).message}`;
  table.difference(name);
  return null;
}

const BATCH = 500;

/** Asks the reference. */
export async function askTorch(reference: Reference, files: readonly Uint8Array[]): Promise<TorchVerdict[]> {
  return (await reference.ask(files.map((bytes) => ({ reader: "t" as const, bytes })))).map(torchVerdict);
}

interface Asked {
  readonly files: readonly Uint8Array[];
  readonly verdicts: Promise<TorchVerdict[]>;
}

/** Runs one of the two mutators until there were enough cases or the time is over. */
function fuzz(part: "pickle" | "zip", caseOf: (seed: number, index: number) => Uint8Array) {
  return async ({ seed, cases, until, reference }: Part): Promise<PartResult> => {
    if (reference === null)
      throw new RangeError(`The ${part} part needs --python; without it the stored verdicts are replayed`);
    const table = new Table();
    const findings: Finding[] = [];
    const dog = startWatchdog(part);
    let [slowest, first, most] = [0, 0, 0];
    const batch = (from: number): Asked => {
      const files = Array.from({ length: Math.max(0, Math.min(BATCH, cases - from)) }, (_, i) =>
        caseOf(seed, from + i),
      );
      return { files, verdicts: files.length === 0 ? Promise.resolve([]) : askTorch(reference, files) };
    };
    let next = batch(0);
    for (let from = 0; from < cases && Date.now() < until; from += BATCH) {
      const { files } = next;
      const verdicts = await next.verdicts;
      // The reference works on the next files while we look at these.
      next = batch(from + BATCH);
      for (const [i, bytes] of files.entries()) {
        dog.begin(from + i);
        const start = performance.now();
        const verdict = verdicts[i] as TorchVerdict;
        const what = await judgeTorch(bytes, verdict, table);
        slowest = Math.max(slowest, performance.now() - start);
        if (what !== null)
          findings.push(asFinding(part, from + i, what, bytes, `reference-${verdict.kind ?? "refused"}`));
      }
      dog.begin(-1);
      most = Math.max(most, process.memoryUsage.rss());
      // The first batch pays for compiled code and for the verdicts' buffers.
      if (from === 0) first = most;
    }
    await Promise.all([dog.stop(), next.verdicts]);
    const growth = (most - first) / 2 ** 20;
    table.notes.push(
      `slowest case ${slowest.toFixed(0)} ms; memory grew by ${growth.toFixed(0)} MiB after the first batch`,
    );
    if (growth > MOST_GROWTH_MIB)
      findings.push(asFinding(part, 0, `memory grew by ${growth.toFixed(0)} MiB`, new Uint8Array(), "memory"));
    if (existsSync(CANARY))
      findings.push(asFinding(part, 0, `a pickle was run: ${CANARY} is there`, new Uint8Array(), "canary"));
    return { table, findings };
  };
}

/** Mutants of pickles in sound archives. */
export const fuzzPickle = fuzz("pickle", pickleCase);
/** Mutants of archives around sound pickles. */
export const fuzzZip = fuzz("zip", zipCase);
