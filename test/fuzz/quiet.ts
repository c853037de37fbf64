/**
 * Reads mutants between two marks in the system's own record of what a process asks of it:
 *     strace -f -qq --seccomp-bpf -e signal=none -e trace=%file,%network,execve,fork,vfork,clone,clone3 -o LOG node --import tsx test/fuzz/quiet.ts pickle 10000
 * Between `codilens-fuzz-begin` and `codilens-fuzz-end` LOG must have no line.
 */

import { existsSync } from "node:fs";
import { pickleCase } from "./pickle-mutate.js";
import { readOurs } from "./torch-bin.js";
import { zipCase } from "./zip-mutate.js";

const [part = "pickle", cases = "1000"] = process.argv.slice(2);
const caseOf = part === "zip" ? zipCase : pickleCase;
const read = async (seed: number): Promise<number> => {
  let accepted = 0;
  for (let i = 0; i < Number(cases); i++) if ((await readOurs(caseOf(seed, i))).error === null) accepted += 1;
  return accepted;
};

// Once before: threads that compile and collect are started then.
await read(1);
existsSync("codilens-fuzz-begin");
const accepted = await read(2);
existsSync("codilens-fuzz-end");
process.stdout.write(`${part}: ${cases} cases, ${accepted} accepted\n`);
