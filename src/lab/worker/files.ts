/** A model's files: the page's own, fetched with progress, or those that were dropped. */

import { BadInputError } from "../../base/errors.js";
import { type CheckpointFiles, filesFromBytes } from "../../browser.js";

/** The embedded model's name, and the files of it that a load needs. */
export const OWN_MODEL = "tiny-codi";
const OWN_FILES = ["codi.json", "config.json", "model.safetensors", "tokenizer.json"];

/** The page's folder; the worker's program lies in `assets/`, one below. */
export const PAGE_FOLDER = new URL("../", self.location.href).href;

/** Bytes so far, of all. */
export type OnBytes = (done: number, total: number | null) => void;

/** Fetches the embedded model, which lies in `model/` beside the page. @throws BadInputError where a file is not there. */
export async function ownFiles(onBytes: OnBytes, signal: AbortSignal): Promise<CheckpointFiles> {
  const responses = await Promise.all(OWN_FILES.map((name) => fetched(name, signal)));
  const sizes = responses.map(({ headers }) => Number(headers.get("content-length") ?? Number.NaN));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  const onChunk = (bytes: number): void => {
    done += bytes;
    onBytes(done, Number.isFinite(total) && done <= total ? total : null);
  };
  const bytes = await Promise.all(responses.map((response) => bytesOf(response, onChunk)));
  return filesFromBytes(
    OWN_MODEL,
    Object.fromEntries(OWN_FILES.map((name, i) => [name, bytes[i] ?? new Uint8Array()])),
  );
}

async function fetched(name: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(`${PAGE_FOLDER}model/${name}`, { signal });
  if (response.ok) return response;
  throw new BadInputError(
    `model/${name} is not beside the page: the server answered ${response.status}`,
    "copy the whole folder that `codilens lab --build` wrote",
  );
}

async function bytesOf(response: Response, onChunk: (bytes: number) => void): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    onChunk(next.value.byteLength);
  }
  const whole = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
