/** One installation for several users: an engine that can be read is used, what cannot be written is said, what was announced computes. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asOther, close, type Installation, installation, names } from "./installed-copy.js";

const { kernelsMark } = (await import(new URL("../../scripts/setup/kernels.mjs", import.meta.url).href)) as {
  kernelsMark(): string;
};

const QUESTION = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";
const TRACE = ["trace", "--question", QUESTION, "--json"];

let shared: Installation;

beforeAll(() => {
  shared = installation();
  close(shared);
});

afterAll(() => close(shared, false));

const answerOf = (stdout: string): unknown => (JSON.parse(stdout) as { answer: unknown }).answer;

describe("another user, who can write neither the installation nor its cache", () => {
  test("computes with the engine of the shared cache, without a word and without fetching", () => {
    const { status, stdout, lines } = asOther(shared, { HOME: shared.home, CODILENS_CACHE: shared.cache }, ...TRACE);
    expect([status, lines]).toEqual([0, []]);
    expect(JSON.stringify(answerOf(stdout))).toContain("7");
    expect(names(shared.home)).toEqual([]);
  });

  test.each<[string, NodeJS.ProcessEnv]>([
    ["unset", {}],
    ["/", { HOME: "/" }],
    ["empty", { HOME: "" }],
    ["relative", { HOME: "home" }],
  ])("with HOME %s, for a user id that has no name, every command works", (_, home) => {
    const env = { ...home, CODILENS_CACHE: shared.cache };
    for (const args of [
      ["doctor"],
      ["setup"],
      ["power", "--effect", "0.3"],
      ["weights", "inspect", join(shared.dir, "weights", "tiny-codi")],
      TRACE,
    ]) {
      const { status, lines } = asOther(shared, env, ...args);
      expect([args[0], status, lines.filter((line) => !line.includes("ready: engine native"))]).toEqual([
        args[0],
        0,
        [],
      ]);
    }
  });

  test("where no folder can be written and no engine is found, says so in one line, and computes on WASM as announced", () => {
    const env = { CODILENS_CACHE: shared.empty };
    const { status, stdout, lines } = asOther(shared, env, ...TRACE);
    expect([status, lines]).toEqual([
      0,
      [expect.stringMatching(/^codilens: engine: WASM .*cannot be written \(CODILENS_CACHE names a folder that can\)/)],
    ]);
    expect(JSON.stringify(answerOf(stdout))).toContain("7");
    const native = asOther(shared, { ...env, CODILENS_ENGINE: "native" }, ...TRACE);
    expect([native.status, native.lines]).toEqual([
      5,
      [expect.stringMatching(/no native engine could be installed: .*cannot be written/)],
    ]);
  });

  test("finds the engine through the administrator's note, whatever their own cache is", () => {
    close(shared, false);
    const { HOME: _, ...own } = process.env;
    const admin = asAdmin({ ...own, HOME: shared.home, CODILENS_CACHE: shared.cache });
    close(shared);
    expect(admin).toMatch(/ready: engine native/);
    const { status, lines } = asOther(shared, { HOME: shared.home, CODILENS_CACHE: shared.empty }, ...TRACE);
    expect([status, lines]).toEqual([0, []]);
    rmSync(join(shared.dir, "node_modules", "@tensorflow", "tfjs-node-gpu", ".codilens-engine.json"));
  });
});

test("a CUDA build that computes on the CPU says so with the reason: at a run, in its manifest, by doctor", () => {
  close(shared, false);
  const build = join(
    shared.cache,
    "engine",
    names(join(shared.cache, "engine")).find((each) => each.includes("-cpu-")) ?? "",
  );
  const { tensorflow } = JSON.parse(readFileSync("scripts/setup/engine-lock.json", "utf8")) as { tensorflow: string };
  const note = {
    route: "wheel",
    engine: "native",
    tensorflowVersion: tensorflow,
    binding: join(build, "tfjs_binding.node"),
    gpu: true,
    mark: kernelsMark(),
  };
  mkdirSync(join(shared.dir, ".setup"), { recursive: true });
  writeFileSync(join(shared.dir, ".setup", "engine.json"), JSON.stringify(note));
  const env = { HOME: shared.home, CODILENS_CACHE: shared.empty };
  const out = join(shared.home, "run");
  const run = asOther(
    shared,
    env,
    "experiment",
    "--problems",
    "1",
    "--layers",
    "4",
    "--no-controls",
    "--no-control-model",
    "--no-progress",
    "--out",
    out,
  );
  const said = /the CUDA build computes on the CPU: (?:no NVIDIA driver|TensorFlow lists no GPU)/;
  expect([run.status, run.status === 0 ? "" : run.stderr]).toEqual([0, ""]);
  expect(run.stderr).toMatch(said);
  const { stamp } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as {
    stamp: { engine: { device: string; notices: string[] } };
  };
  expect([stamp.engine.device, stamp.engine.notices.join()]).toEqual(["cpu", expect.stringMatching(said)]);
  const { checks } = JSON.parse(asOther(shared, env, "doctor", "--json").stdout) as {
    checks: { name: string; found: string }[];
  };
  expect(checks.find(({ name }) => name === "GPU")?.found).toMatch(said);
});

function asAdmin(env: NodeJS.ProcessEnv): string {
  const { stderr } = spawnSync(process.execPath, [join(shared.dir, "scripts", "codilens.mjs"), "setup"], {
    encoding: "utf8",
    env,
  });
  return stderr;
}
