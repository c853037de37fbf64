/** Checks what a load checks and more: every value is finite, the files match their list of hashes, and one forward computes. */

import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { BadInputError, firstIssue } from "../base/errors.js";
import { nameFault } from "../hub/names.js";
import { folderOf, openFolder } from "../model/checkpoint/folder.js";
import type { ModelHashes } from "../model/checkpoint/load.js";
import { openCheckpointFolder } from "../model/checkpoint/open-folder.js";
import { quoted } from "../model/checkpoint/quoted.js";
import { readJson } from "../model/checkpoint/source.js";
import { FAMILY_TITLES } from "../model/decoder/family-names.js";
import { checkMemory } from "../model/latent/load/memory.js";
import { tokenizerOf } from "../model/latent/load/tokenizer-of.js";
import { type TriedForward, tryForward } from "../model/latent/load/try-forward.js";
import type { LoadProgress } from "../model/latent/load/upload-model.js";
import type { EngineChoice } from "../model/tensor/engine.js";
import { checkDownload, type DownloadCheck } from "./check-download.js";

/** What a passed verification found. */
export interface Verification {
  readonly path: string;
  readonly parameters: number;
  readonly dtype: string;
  readonly hashes: ModelHashes;
  /** Files compared with a list of hashes, and that list's name; null where there is none. */
  readonly manifest: { readonly name: string; readonly files: number } | null;
  /** Files compared with the note of `weights download`; null where the folder was not downloaded. */
  readonly download: DownloadCheck | null;
  readonly forward: TriedForward;
  /** What is odd but no error, such as tensors that are all zero. */
  readonly notices: readonly string[];
}

/** What may be asked of a verification. */
export interface VerifyOptions {
  readonly base?: string | undefined;
  readonly engine?: EngineChoice | undefined;
  readonly force?: boolean | undefined;
  /** Refuse what no file says. */
  readonly strict?: boolean | undefined;
  readonly onNotice?: (notice: string) => void;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** @throws BadInputError or NumericError naming the first thing that is wrong. */
export async function verifyWeights(path: string, options: VerifyOptions = {}): Promise<Verification> {
  const notices: string[] = [];
  const onNotice = (notice: string): void => {
    notices.push(notice);
    options.onNotice?.(notice);
  };
  const folder = folderOf(path);
  const manifest = await checkManifest(folder);
  const download = await checkDownload(folder);
  const checkpoint = await openCheckpointFolder(path, { base: options.base, onNotice, strict: options.strict });
  try {
    if (checkpoint.because.protocol === null)
      onNotice(`${path} has no projection, so it has no latents: a plain ${FAMILY_TITLES[checkpoint.plan.family]}`);
    else tokenizerOf(checkpoint, onNotice);
    checkMemory(checkpoint, { force: options.force === true, ...(options.onNotice && { onNotice: options.onNotice }) });
    const forward = await tryForward(checkpoint, {
      engine: options.engine ?? "auto",
      ...(options.onProgress && { onProgress: options.onProgress }),
    });
    const { parameters, dtype } = checkpoint;
    return { path, parameters, dtype, hashes: await checkpoint.hashes(), manifest, download, forward, notices };
  } finally {
    await checkpoint.close();
  }
}

const entries = z.array(
  z.looseObject({ file: z.string(), bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
);

/** Compares the folder's files with `manifest.json` in it or in the folder above (which names them `folder/file`). */
async function checkManifest(path: string): Promise<Verification["manifest"]> {
  const places = [
    { folder: path, prefix: "" },
    { folder: dirname(path), prefix: `${basename(path)}/` },
  ];
  for (const { folder, prefix } of places) {
    const name = join(folder, "manifest.json");
    if ((await stat(name).catch(() => null))?.isFile() !== true) continue;
    const json = await readJson(openFolder(folder), "manifest.json");
    const listed = entries.safeParse(Array.isArray(json) ? json : (json as { files?: unknown }).files);
    if (!listed.success) {
      // A manifest in the folder itself is meant for it; one above may be somebody else's.
      if (prefix !== "") continue;
      throw new BadInputError(`${name}: ${firstIssue(listed.error)}`, "get the file again, or remove it");
    }
    const own = listed.data.filter(({ file }) => file.startsWith(prefix) && file !== "manifest.json");
    if (own.length === 0) continue;
    for (const { file, bytes, sha256 } of own) await checkFile(path, file.slice(prefix.length), { bytes, sha256 });
    return { name, files: own.length };
  }
  return null;
}

async function checkFile(
  path: string,
  file: string,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
): Promise<void> {
  const fault = nameFault(file);
  if (fault !== null)
    throw new BadInputError(`manifest.json names ${quoted(file)}: ${fault}`, "get the manifest again");
  const size = (await stat(join(path, file)).catch(() => null))?.size;
  if (size !== bytes)
    throw new BadInputError(
      `${join(path, file)} has ${size ?? "no"} bytes, its manifest says ${bytes}`,
      "get the file again",
    );
  const found = await openFolder(path).sha256(file);
  if (found !== sha256)
    throw new BadInputError(
      `${join(path, file)} has SHA-256 ${found}, its manifest says ${sha256}`,
      "the file was changed or damaged: get it again",
    );
}
