/** What a cluster's tasks are started with: words as they were typed, read back by real shells. */
// @needs nothing

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { Command } from "commander";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { k8sName, mountPath, slurmName, slurmTime } from "../../../src/cli/cluster/choices.js";
import { passedOn } from "../../../src/cli/cluster/passed-on.js";
import { commandText, supervised } from "../../../src/cli/cluster/shell.js";
import { type Yaml, yamlText } from "../../../src/cli/cluster/yaml.js";

const SHELLS = ["bash", "sh"];
const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));

describe("commandText()", () => {
  test.each(SHELLS)("%s reads every word back", (shell) => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const { stdout } = spawnSync(shell, [
          "-c",
          `for word in ${commandText(words)}; do printf '%s\\0' "$word"; done`,
        ]);
        expect(stdout.toString("utf8").split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 40, examples: [[["it's", "a b", "$HOME", "`x`", "", "*", "~", "a\\b", '"']]] },
    );
  });
});

describe("passedOn()", () => {
  const command = new Command("slurm")
    .option("--layers <list>")
    .option("--out <dir>")
    .option("--name <name>")
    .option("--no-controls");
  const passed = (...args: string[]): string[] => passedOn(command, { args, own: new Set(["--out", "--name"]) });

  test("drops the command's own options in both forms, and keeps all others as they were typed", () => {
    expect(passed("--name", "--layers", "--layers", "4,8", "--out=a", "--no-controls")).toEqual([
      "--layers",
      "4,8",
      "--no-controls",
    ]);
    expect(passed("--layers=--out", "--out", "--layers=1")).toEqual(["--layers=--out"]);
  });

  test("refuses a line break, which no line of a script can hold", () => {
    expect(() => passed("--layers", "4\n8")).toThrow('An option holds a line break: "4\\n8"');
  });
});

/** Runs the lines, with a signal to the shell once the command says that it has begun. */
async function ended(shell: string, command: string, signal?: NodeJS.Signals): Promise<number | null> {
  const child = spawn(shell, ["-c", supervised(command).join("\n")], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(child, "close") as Promise<[number | null]>;
  if (signal !== undefined) {
    await once(child.stdout, "data");
    child.kill(signal);
  }
  return (await gone)[0];
}

/** What takes a while to end when it is asked to, as the experiment does. */
const SLOW = `${process.execPath} -e 'process.on("SIGTERM", () => setTimeout(() => process.exit(143), 300)); setInterval(() => 0, 1000); console.log("begun")'`;

describe.each(SHELLS)("supervised(), by %s", (shell) => {
  test.each([
    [0, 0],
    [1, 1],
    [3, 3],
    [5, 5],
    [6, 0],
  ])("exit code %d of the command ends the task with %d", async (code, wanted) => {
    expect(await ended(shell, `sh -c 'exit ${code}'`)).toBe(wanted);
  });

  test("SIGTERM reaches the command, whose own end is waited for", async () => {
    expect(await ended(shell, SLOW, "SIGTERM")).toBe(143);
  });

  test("a command that is killed is no success", async () => {
    expect(await ended(shell, "sh -c 'kill -KILL $$'")).toBe(137);
  });
});

describe("yamlText()", () => {
  const lines = fc.array(fc.constantFrom("a", "  b", "", "c ", "\t", "# d")).map((each) => each.join("\n"));
  const leaf = fc.oneof(
    fc.boolean(),
    fc.integer(),
    word,
    lines,
    fc.constantFrom("yes", "null", "~", "1", "- a", "a: b", "#"),
  );
  const tree = fc.letrec<{ value: Yaml; list: Yaml; map: Yaml }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, leaf, tie("list"), tie("map")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    map: fc.dictionary(fc.string({ minLength: 1 }), tie("value"), { maxKeys: 3 }),
  }));

  test("is read back by another program as what it was", () => {
    fc.assert(
      fc.property(tree.map, (value) => {
        expect(parse(yamlText(value))).toEqual(value);
      }),
      { numRuns: 1000, examples: [[{ script: "a\n  b\n\nc\n", list: [{ a: [1, 2] }, ["x", []]], empty: {} }]] },
    );
  });
});

describe("options of clusters", () => {
  test.each(["10", "90:00", "4:00:00", "1-0", "1-12:30", "2-00:00:00"])("--time %s", (text) =>
    expect(slurmTime(text)).toBe(text),
  );

  test.each<[(text: string) => string, string, RegExp]>([
    [slurmTime, "9", /"9" is 540 s, wanted at least 600 s: tasks are stopped 120 s before the end/],
    [slurmTime, "0:05:00", /is 300 s/],
    [slurmTime, "4h", /"4h" is no time as Slurm writes it/],
    [slurmName, "a b", /"a b" has other characters/],
    [k8sName, "A", /"A" is not at most 40 small letters/],
    [k8sName, "a-", /"a-" is not/],
    [mountPath, "work", /"work" is no absolute path in a container/],
  ])("%o refuses %s", (read, text, wanted) => expect(() => read(text)).toThrow(wanted));
});
