/** Contenders as processes, played by small programs. */
// @needs nothing

import { afterEach, describe, expect, test } from "vitest";
import type { Context } from "../../bench/context.mjs";
import { type Command, Contender, parseLine } from "../../bench/protocol.mjs";
import { interleaved, setsOf } from "../../bench/rounds.mjs";

const started: Contender[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((contender) => contender.close()));
});

/** A contender that answers `reply` to everything; `reply` sees the request as `r` and how many came before as `n`. */
function player(name: string, reply: string): Command {
  const program = `let n = 0; console.log(JSON.stringify({ ready: true, version: "1" }));
    require("readline").createInterface({ input: process.stdin }).on("line", (line) => { const r = JSON.parse(line); console.log(JSON.stringify(${reply})); n++; });`;
  return { name, command: process.execPath, args: ["-e", program] };
}
const context = { say: () => undefined } as unknown as Context;
const job = { key: "k", request: () => ({ op: "x" }) };

describe("the protocol", () => {
  test("requests are answered in order by one process that stays", async () => {
    const contender = await Contender.start(player("p", "{ seconds: n, echo: r.op, peakBytes: 10 - n }"));
    started.push(contender);
    expect((await contender.ask({ op: "a" })).seconds).toBe(0);
    expect(await contender.ask({ op: "b" })).toMatchObject({ seconds: 1, echo: "b" });
    expect(contender.peakBytes).toBe(10);
  });

  test("a contender that does not come up says why, a missing program too", async () => {
    const broken: Command = { name: "b", command: process.execPath, args: ["-e", "throw new Error('no weights')"] };
    await expect(Contender.start(broken)).rejects.toThrow(/b ended: .*no weights/);
    await expect(Contender.start({ name: "m", command: "/no/such/program", args: [] })).rejects.toThrow(/ENOENT/);
  });

  test("a line that is no object is refused", () => {
    expect(() => parseLine("hello", "p")).toThrow(/p wrote "hello"/);
    expect(() => parseLine("[1]", "p")).toThrow(/wanted an object/);
  });
});

describe("interleaved rounds", () => {
  test("the warm-up is not counted, ratios are theirs over ours, and other tokens are found", async () => {
    const result = await interleaved(context, {
      commands: [
        player("ours", "{ seconds: n === 0 ? 99 : 2, ids: [1, 2] }"),
        player("theirs", "{ seconds: n === 0 ? 99 : 6, ids: [1, 3] }"),
      ],
      cases: [job],
      rounds: 2,
      bytesEach: 1,
    });
    const theirs = result.timings.get("k")?.get("theirs");
    expect(theirs?.seconds).toEqual({ median: 6, least: 6, most: 6 });
    expect(theirs?.ratio.median).toBe(3);
    expect(theirs?.tokens).toEqual({ of: 2, differ: 1 });
  });

  test("a peer that is absent or fails is named and the rest goes on; ours failing ends the run", async () => {
    const commands = [
      player("ours", "{ seconds: 1, ids: [] }"),
      player("failing", '{ error: "out of memory" }'),
      { name: "gone", command: "/no/such/program", args: [] },
      { name: "unknown", why: "not installed" },
    ];
    const { absent, timings } = await interleaved(context, { commands, cases: [job], rounds: 1, bytesEach: 1 });
    expect([...(timings.get("k")?.keys() ?? [])]).toEqual(["ours"]);
    expect(absent.map(({ name }) => name).sort()).toEqual(["failing at k", "gone", "unknown"]);
    const ours = [player("ours", '{ error: "wrong shape" }')];
    await expect(interleaved(context, { commands: ours, cases: [job], rounds: 1, bytesEach: 1 })).rejects.toThrow(
      /ours failed at k: wrong shape/,
    );
  });

  test("where memory holds two models only, each peer runs beside ours", () => {
    const commands = ["ours", "a", "b"].map((name) => ({ name }));
    expect(setsOf(commands, 5, 15)).toHaveLength(1);
    expect(setsOf(commands, 5, 14).map((set) => set.map(({ name }) => name))).toEqual([
      ["ours", "a"],
      ["ours", "b"],
    ]);
  });
});
