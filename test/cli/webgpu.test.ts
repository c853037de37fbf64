/** The commands that load a model, with `--engine webgpu`: what they print is what the native engine gives, and their processes end. */
// @needs build, engine, webgpu, time

import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { smallModel } from "../support/small-model.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();

const MODEL = await smallModel("single-kv-lora", { blocks: 1, latents: 1 });
const ASKED = ["--model", MODEL, "--question", "2 and 2?", "--max-new-tokens", "1"];
const EDIT = ["--intervene", "zero:blocks.0.attn.hook_z@latent.0"];

interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command, which ends by itself. */
function codilens(...args: string[]): Promise<Done> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ["scripts/codilens.mjs", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].on("data", (text: Buffer) => {
        said[name] += text.toString();
      });
    child.on("close", (status) => done({ status, ...said }));
  });
}

async function documentOf<T>(running: Promise<Done>): Promise<T> {
  const { status, stdout, stderr } = await running;
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as T;
}

interface Trace {
  readonly tokens: unknown;
  readonly fired: unknown;
  readonly lens: readonly { readonly at: string; readonly top: readonly { readonly text: string }[] }[];
  readonly answer: { readonly text: string; readonly tokens: readonly { readonly logProb: number }[] };
}

describe("commands on WebGPU", () => {
  test("trace gives the native engine's answers and what the head says, its probabilities closely", async () => {
    const traced = (engine: string): Promise<Trace> =>
      documentOf(codilens("trace", ...ASKED, ...EDIT, "--json", "--engine", engine));
    const [gpu, native] = await Promise.all([traced("webgpu"), traced("native")]);
    const words = ({ lens }: Trace): unknown => lens.map(({ at, top }) => [at, ...top.map(({ text }) => text)]);
    const said = (trace: Trace): unknown => [trace.tokens, trace.fired, trace.answer.text, words(trace)];
    expect(said(gpu)).toEqual(said(native));
    expect(native.answer.tokens.length).toBe(1);
    for (const [place, { logProb }] of native.answer.tokens.entries())
      expect(gpu.answer.tokens[place]?.logProb).toBeCloseTo(logProb, 4);
  });

  test("weights verify says which GPU computed", async () => {
    const { status, stdout } = await codilens("weights", "verify", MODEL, "--engine", "webgpu");
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/gives finite logits \(webgpu 4\.22\.0 on .*swiftshader/),
    ]);
  });
});
