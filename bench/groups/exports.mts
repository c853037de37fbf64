/** The same weights in the forms that other engines read; made once beside the checkpoint. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "../context.mjs";

/** @returns folder (`onnx`) or file (`gguf`), or null where it cannot be made; why is said. */
export async function exported(context: Context, folder: string, form: "onnx" | "gguf"): Promise<string | null> {
  const { work, python } = context.arguments;
  const model = resolve(folder);
  const key = createHash("sha256").update(model).digest("hex").slice(0, 8);
  mkdirSync(work, { recursive: true });
  const out = join(work, form === "onnx" ? `onnx-${key}` : `model-${key}.gguf`);
  if (existsSync(form === "onnx" ? join(out, "done.json") : out)) return out;
  context.say(`  writing ${form} …`);
  const script = fileURLToPath(new URL(`../make/${form}_export.py`, import.meta.url));
  const { status, stderr } = spawnSync(python, [script, model, out], { encoding: "utf8" });
  if (status === 0) return out;
  context.say(`  no ${form}: ${(stderr ?? "no Python").trim().split("\n").at(-1)}`);
  return null;
}
