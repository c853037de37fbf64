/** `codilens weights inspect · verify · convert`: results to stdout, all else to stderr. */

import { mebibytes } from "../../base/bytes.js";
import { escapeUnprintable } from "../../base/errors.js";
import { packageVersion } from "../../disk/package-version.js";
import { assumedList } from "../../model/assumed.js";
import type { EngineChoice } from "../../model/tensor/engine.js";
import { engineText } from "../../records/engine-text.js";
import { type ConvertDtype, convertWeights } from "../../weights/convert.js";
import { type CheckpointDescription, describeWeights } from "../../weights/describe.js";
import { verifyWeights } from "../../weights/verify.js";
import { printableLines } from "../arguments.js";
import { baseFolder, modelFolder } from "../models.js";
import { makeProgress } from "../progress.js";
import { tensorTable } from "../tensor-table.js";

interface Flags {
  readonly base?: string;
  readonly json: boolean;
}

interface ComputingFlags extends Flags {
  readonly strict: boolean;
  readonly engine: EngineChoice;
  readonly progress: boolean;
}

const say = (text: string): void => void process.stderr.write(`${printableLines(text)}\n`);

/** Prints what is in a folder or file. */
export async function inspect(path: string, flags: Flags): Promise<void> {
  const description = await describeWeights(await modelFolder(path), (await baseFolder(flags.base)).base);
  if (flags.json) return printJson({ ...description });
  const { recognised, checkpoint, notices, tensors } = description;
  const head = recognised === null ? [] : [`${escapeUnprintable(path)}: ${recognised}`];
  for (const notice of notices) say(notice);
  print([...head, ...(checkpoint === null ? [] : checkpointLines(checkpoint)), ...tensorTable(tensors)]);
}

/** Verifies a checkpoint folder. */
export async function verify(path: string, flags: ComputingFlags & { readonly force: boolean }): Promise<void> {
  const progress = makeProgress(flags.progress, { name: "weights", size: 1 });
  try {
    const { engine, force, strict } = flags;
    const result = await verifyWeights(await modelFolder(path, flags), {
      ...(await baseFolder(flags.base, flags)),
      engine,
      force,
      strict,
      onNotice: say,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
    progress.stop();
    if (flags.json) return printJson({ status: "ok", ...result });
    const { parameters, dtype, manifest, download, forward, hashes } = result;
    print([
      `${escapeUnprintable(path)}: ok`,
      `${parameters} weights (${dtype}), every value finite`,
      manifest === null
        ? "no manifest.json: hashes were not compared"
        : `${manifest.files} files as ${escapeUnprintable(manifest.name)} says`,
      ...(download === null
        ? []
        : [
            `${download.files} files as they were downloaded from ${escapeUnprintable(download.repository)} at ${download.commit}`,
          ]),
      `a forward of the tokens ${forward.ids.join(", ")} gives finite logits (${engineText(forward.engine)})`,
      `weights SHA-256 ${hashes.weightsSha256}`,
    ]);
  } finally {
    progress.stop();
  }
}

/** Writes a checkpoint anew. */
export async function convert(
  source: string,
  out: string,
  flags: ComputingFlags & { readonly dtype: ConvertDtype; readonly latents?: number },
): Promise<void> {
  const progress = makeProgress(flags.progress, { name: "weights", size: 1 });
  try {
    const { engine, dtype, strict, latents } = flags;
    const result = await convertWeights(await modelFolder(source, flags), out, {
      ...(await baseFolder(flags.base, flags)),
      engine,
      dtype,
      strict,
      latents,
      version: packageVersion(),
      onNotice: say,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
    progress.stop();
    if (flags.json) return printJson({ status: "complete", ...result });
    print([
      `written: ${escapeUnprintable(out)} (${result.files.length} files, ${mebibytes(result.bytes)}, ${dtype}; ${result.merged} LoRA pairs merged)`,
    ]);
  } finally {
    progress.stop();
  }
}

/** What is fed back, and for protocol and latents how each is known. */
function loopLines({ prjDim, dModel, protocol, latents, because }: CheckpointDescription): string[] {
  if (because.protocol === null) return ["no projection"];
  const known = `protocol ${protocol}: ${because.protocol}; ${latents} latents: ${because.latents}`;
  return prjDim === null ? [known] : [`${latents} latents, projection ${dModel} → ${prjDim} → ${dModel}`, known];
}

function checkpointLines(c: CheckpointDescription): string[] {
  const { special, merged, load, loadStored } = c;
  return [
    `${(c.parameters / 1e6).toFixed(1)} million weights, stored as ${c.dtype}; ${c.layers} layers, dModel ${c.dModel}, ${c.heads} heads, ${c.kvHeads} KV heads, ${c.vocabRows} vocabulary rows`,
    `family ${c.family}: model_type of config.json`,
    ...loopLines(c),
    `tokenizer: ${c.tokenizer.map(escapeUnprintable).join(" and ")}`,
    `BOS ${special.bos ?? "none"}, EOS ${special.eos}${special.bot === null ? "" : `, pad ${special.pad}, BOT ${special.bot}, EOT ${special.eot}`} (${c.rowsAdded} rows added to the vocabulary)`,
    merged.weights === 0
      ? "nothing to merge"
      : `${merged.weights} LoRA pairs to merge, rank ${merged.ranks.join(", ")}, factor ${merged.scales.join(", ")}`,
    c.assumed.length === 0 ? "nothing is assumed" : `assumed: ${assumedList(c.assumed)}`,
    ...(c.ignored.length === 0 ? [] : [`ignored: ${c.ignored.map(escapeUnprintable).join(", ")}`]),
    `a load takes ${mebibytes(load.weightBytes)} for the weights in float32, at most ${mebibytes(load.peakBytes)} in all, about ${Math.ceil(load.seconds)} s`,
    ...(loadStored === null
      ? []
      : [
          `held as stored (--hold stored): ${mebibytes(loadStored.weightBytes)}, at most ${mebibytes(loadStored.peakBytes)} in all`,
        ]),
    `files: ${c.files.map(escapeUnprintable).join(", ")}`,
    "",
  ];
}

function printJson(value: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ schema: 1, ...value }, null, 2)}\n`);
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
