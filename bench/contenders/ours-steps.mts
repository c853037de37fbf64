/** Prefill, latent step, decode step and captures of one prompt:    node --import tsx ours-steps.mts FOLDER */

import { type Reply, type Request, serve, timed } from "../protocol.mjs";
import { Engine, release, type Sequences } from "./ours-engine.mjs";

const engine = await Engine.open(process.argv[2] ?? "");
const numbers = (value: unknown): number[] => value as number[];
const CAPTURES: Readonly<Record<string, readonly string[]>> = {
  none: [],
  patterns: ["blocks.*.attn.hook_pattern"],
  residuals: ["blocks.*.hook_resid_post"],
};
let kept: { readonly key: string; readonly sequences: Sequences } | undefined;

async function branched(prompt: readonly number[], rows: number): Promise<Sequences> {
  const key = prompt.join();
  if (kept?.key !== key) {
    if (kept !== undefined) release(kept.sequences);
    kept = { key, sequences: await engine.prefill(prompt) };
  }
  return engine.branch(kept.sequences, rows);
}

async function prefill({ ids, repeat = 1 }: Request): Promise<Reply> {
  let best: number[] = [];
  const { seconds } = await timed(async () => {
    for (let i = 0; i < Number(repeat); i++) {
      const made = await engine.prefill(numbers(ids));
      best = await engine.best(made);
      release(made);
    }
  });
  return { seconds: seconds / Number(repeat), ids: best };
}

async function latent({ prompt, rows, steps }: Request): Promise<Reply> {
  let sequences = await branched(numbers(prompt), Number(rows));
  let x = engine.inputs(
    sequences,
    Array.from({ length: Number(rows) }, (_, row) => 1 + 0.01 * row),
  );
  const { seconds } = await timed(async () => {
    for (let step = 0; step < Number(steps); step++) {
      sequences = await engine.feed(x, sequences);
      x = engine.inputs(sequences);
    }
    await x.data();
  });
  x.dispose();
  const ids = await engine.best(sequences);
  release(sequences);
  return { seconds: seconds / Number(steps), ids };
}

async function decode({ prompt, rows, steps, first }: Request): Promise<Reply> {
  let sequences = await branched(numbers(prompt), Number(rows));
  let tokens = Array.from({ length: Number(rows) }, (_, row) => Number(first) + row);
  const ids: number[] = [];
  const { seconds } = await timed(async () => {
    for (let step = 0; step < Number(steps); step++) {
      sequences = await engine.feed(engine.embed(tokens), sequences);
      tokens = await engine.best(sequences);
      ids.push(...tokens);
    }
  });
  release(sequences);
  return { seconds: seconds / Number(steps), ids };
}

async function capture({ ids, what }: Request): Promise<Reply> {
  const sites = CAPTURES[String(what)];
  const { seconds, value } = await timed(async () => {
    const made =
      sites === undefined ? await engine.prefillWithoutHooks(numbers(ids)) : await engine.prefill(numbers(ids), sites);
    return { made, best: await engine.best(made) };
  });
  release(value.made);
  return { seconds, ids: value.best };
}

await serve({ version: engine.version, parameters: engine.parameters }, { prefill, latent, decode, capture });
