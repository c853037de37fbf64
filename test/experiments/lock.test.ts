// @needs time

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunFolderError } from "../../src/base/errors.js";
import { lockFolder } from "../../src/disk/lock.js";
import { temporaryFolder } from "../support/temporary.js";

const folder = (): string => temporaryFolder("codilens-lock-");
const lockOf = (dir: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(dir, "lock"), "utf8")) as Record<string, unknown>;

/** This process's own lock text, changed. */
function planted(change: Record<string, unknown>): string {
  const dir = folder();
  const release = lockFolder(dir, false);
  const text = lockOf(dir);
  release();
  writeFileSync(join(dir, "lock"), JSON.stringify({ ...text, ...change }));
  return dir;
}

/** Runs code that may use `lockFolder` in another process; resolves with its first line of output, or its end. */
function elsewhere(code: string): { child: ReturnType<typeof spawn>; line: Promise<string>; end: Promise<string> } {
  const script = `import { lockFolder } from ${JSON.stringify(join(process.cwd(), "src/disk/lock.ts"))}; ${code}`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const line = new Promise<string>((done) => {
    child.stdout.on("data", (data: Buffer) => {
      text += data.toString();
      if (text.includes("\n")) done(text.split("\n")[0] ?? "");
    });
  });
  return { child, line, end: new Promise((done) => child.once("close", () => done(text))) };
}

describe("lockFolder()", () => {
  test.each([["an empty folder"], ["a dead run's folder"]])(
    "of three processes that start at the same moment in %s, exactly one gets it, 60 times",
    async (what) => {
      const dirs = Array.from({ length: 60 }, () => (what === "an empty folder" ? folder() : planted({ bootId: "x" })));
      const start = Date.now() + 2500;
      const code = `const held = [];
        for (const [i, dir] of ${JSON.stringify(dirs)}.entries()) {
          while (Date.now() < ${start} + i * 15);
          try { lockFolder(dir, false); held.push(i); } catch (error) { if (error.exitCode !== 4) held.push(String(error)); }
        }
        console.log(JSON.stringify(held)); setTimeout(() => {}, 1500);`;
      const held = await Promise.all([0, 1, 2].map(() => elsewhere(code).end));
      const all = held.flatMap((text) => JSON.parse(text) as number[]);
      expect(all.sort((a, b) => a - b)).toEqual(dirs.map((_, i) => i));
      expect(dirs.flatMap((dir) => readdirSync(dir))).toEqual(dirs.map(() => "lock"));
    },
  );

  test("a killed holder whose parent has not collected it is dead", async () => {
    const dir = folder();
    // The middle process never waits for its child, as a container's first process may not.
    const script = `"$0" --import tsx --input-type=module -e "$1" & exec sleep 30`;
    const code = `import { lockFolder } from ${JSON.stringify(join(process.cwd(), "src/disk/lock.ts"))}; lockFolder(${JSON.stringify(dir)}, false); console.log("held"); setInterval(() => {}, 1000);`;
    const parent = spawn("sh", ["-c", script, process.execPath, code], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await new Promise((done) => parent.stdout.once("data", done));
      const pid = lockOf(dir)["pid"] as number;
      process.kill(pid, "SIGKILL");
      while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")))
        await new Promise((wait) => setTimeout(wait, 10));
      lockFolder(dir, false)();
    } finally {
      parent.kill("SIGKILL");
    }
  });

  test("a reused pid and an earlier boot are dead; a living holder is not", () => {
    lockFolder(planted({ processStart: "1" }), false)();
    lockFolder(planted({ bootId: "of another boot" }), false)();
    expect(() => lockFolder(planted({}), false)).toThrow(new RegExp(`process ${process.pid} on ${hostname()} since `));
  });

  test.each([
    ["another host", { host: "elsewhere", pid: 1 }],
    ["another container of this host", { pidNamespace: "pid:[1]", pid: 4_000_000 }],
  ])("a holder on %s needs --take-over", (_, change) => {
    const dir = planted(change);
    try {
      lockFolder(dir, false);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 4, hint: expect.stringContaining("--take-over") });
    }
    lockFolder(dir, true)();
  });

  test.each(["", "null", "{}", "xx", '{"pid":-1}'])("a lock that says %j is refused, not guessed at", (text) => {
    const dir = folder();
    writeFileSync(join(dir, "lock"), text);
    expect(() => lockFolder(dir, false)).toThrow(RunFolderError);
    lockFolder(dir, true)();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("letting go leaves a lock alone that somebody else has taken over", () => {
    const dir = folder();
    const release = lockFolder(dir, false);
    const other = lockFolder(dir, true);
    release();
    expect(readdirSync(dir)).toEqual(["lock"]);
    other();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("a lock that cannot be written is an error of the environment", () => {
    expect(() => lockFolder(join(folder(), "none"), false)).toThrow(expect.objectContaining({ exitCode: 5 }));
    const dir = folder();
    mkdirSync(join(dir, "lock"));
    expect(() => lockFolder(dir, false)).toThrow(expect.objectContaining({ exitCode: 5 }));
  });
});
