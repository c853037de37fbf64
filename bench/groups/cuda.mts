/** The same groups on a GPU where there is one; never an estimate. */

import { ours } from "../contenders/registry.mjs";
import type { Context, Group, Outcome } from "../context.mjs";
import { Contender } from "../protocol.mjs";
import { ceilingsGroup, cudaDevice } from "./ceilings.mjs";
import { stepsGroup } from "./steps.mjs";
import { studyGroup } from "./study.mjs";

async function run(context: Context): Promise<Outcome> {
  const engine = await Contender.start(ours("ours-ceilings"));
  const { device } = await engine.ask({ op: "about" });
  await engine.close();
  const theirs = await cudaDevice(context);
  if (device !== "gpu" || theirs === null) {
    const lines = [
      "No device.",
      "",
      `The engine computes on ${device === "gpu" ? "a GPU" : "the CPU"}; PyTorch sees ${theirs === null ? "no GPU" : theirs}.`,
    ];
    return { lines, targets: [], figures: [], data: { device: null } };
  }
  // Ceilings of the CPU are not those of the GPU.
  const { ceilings: _, ...rest } = context;
  const own: Context = { ...rest, device: "cuda" };
  const parts: Outcome[] = [];
  for (const group of [ceilingsGroup, stepsGroup, studyGroup]) parts.push(await group.run(own));
  return {
    lines: [
      `${theirs}. PyTorch in float32 without TF32, and with it where a column says so; ours in float32 too (TF32 is forbidden where the engine starts, src/model/tensor/float32.ts).`,
      "",
      ...parts.flatMap(({ lines }) => [...lines, ""]),
    ],
    targets: parts.flatMap(({ targets }) => targets.map((each) => ({ ...each, what: `CUDA: ${each.what}` }))),
    figures: parts.flatMap(({ figures }) => figures),
    data: parts.map(({ data }) => data),
  };
}

/** The group. */
export const cudaGroup: Group = { name: "cuda", run };
