/** Folders through which graphs pass. */
// @needs nothing

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeLeftGraphs } from "../../../src/model/tensor/engines/load-graph.js";

test("a folder of a process that was killed is removed, and no other", () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const [left, own, other] = [`codilens-graph-${pid}-a`, `codilens-graph-${process.pid}-b`, "codilens-graphs"];
  for (const name of [left, own, other]) mkdirSync(join(tmpdir(), name));
  removeLeftGraphs();
  const there = readdirSync(tmpdir());
  for (const name of [own, other]) rmSync(join(tmpdir(), name), { recursive: true });
  expect([left, own, other].map((name) => there.includes(name))).toEqual([false, true, true]);
});
