/** One file: fetched, gone on with after a cut, and put in its place only when its hash is right. */

import { BadInputError, EnvironmentError } from "../base/errors.js";
import { type FileSystem, nodeFileSystem } from "../disk/atomic-file.js";
import type { HubFile } from "./client.js";
import { discard, hubGet, type Subject } from "./http.js";
import { PartFile } from "./part-file.js";
import { type Network, Transient, withRetries } from "./retry.js";

/** A file to fetch. */
export interface DownloadJob {
  readonly file: HubFile;
  readonly url: URL;
  readonly subject: Subject;
  /** Where it goes; its folder is there. */
  readonly path: string;
  /** The ETag under which the bytes of `<path>.part` came, or null: then they are dropped. */
  readonly etag: string | null;
  /** Called with the ETag before the first byte is written under it. */
  readonly remember: (etag: string | null) => void;
  /** Called with the bytes that are there, and those that just came over the network. */
  readonly progress: (doneBytes: number, newBytes: number) => void;
}

/** So many new bytes make a cut connection count as a first failure again. */
const PROGRESS_BYTES = 2 ** 20;

class WrongContent extends Error {}

/**
 * Fetches the file into its place. A wrong size or hash is fetched once more from the start, then refused.
 *
 * @returns its SHA-256 in hex.
 * @throws BadInputError when the content is wrong twice; EnvironmentError for network and disk, keeping the part; the
 *   signal's reason, keeping the part.
 */
export async function downloadFile(
  network: Network,
  job: DownloadJob,
  fs: FileSystem = nodeFileSystem,
): Promise<string> {
  const { file, path, subject } = job;
  const part = await PartFile.open({ path, file, keep: job.etag !== null, signal: network.signal, fs });
  const transfer: Transfer = { ...job, part, etag: job.etag };
  try {
    for (let wrong = 0; ; wrong += 1) {
      try {
        job.progress(part.length, 0);
        await withRetries(network, `fetch ${file.name}`, () => receive(network, transfer));
        return putInPlace(transfer);
      } catch (error) {
        if (!(error instanceof WrongContent)) throw error;
        if (wrong > 0) {
          part.remove();
          throw new BadInputError(
            `${file.name} of ${subject.repository} came wrong twice: ${error.message}; it was not kept`,
            "run the same command again later; if it stays so, the copy on the hub or on the way to it is damaged",
          );
        }
        network.notice(`${file.name}: ${error.message}; fetching it again from the start`);
        part.restart();
      }
    }
  } finally {
    part.close();
  }
}

interface Transfer extends DownloadJob {
  readonly part: PartFile;
  etag: string | null;
}

function putInPlace({ part, file }: Transfer): string {
  const { matches, found, sha256 } = part.hashed();
  const hash = file.identity.kind === "sha256" ? "SHA-256" : "git's SHA-1";
  if (!matches) throw new WrongContent(`${hash} is ${found}, wanted ${file.identity.hex}`);
  part.moveIntoPlace();
  return sha256;
}

/** One request for what is missing. @throws Transient, WrongContent, and what `hubGet` throws. */
async function receive(network: Network, transfer: Transfer): Promise<void> {
  const { part, file, etag } = transfer;
  if (part.length === file.sizeBytes) return;
  const from = part.length;
  const response = await hubGet(network, transfer.url, {
    subject: transfer.subject,
    headers: rangeHeaders(from, etag),
  });
  const { host } = new URL(response.url);
  if (response.status !== 200 && !continues(response, transfer)) {
    await discard(response);
    part.restart();
    throw new Transient(`${host} does not go on with ${file.name} at byte ${from}`, 0);
  }
  if (response.status === 200) await startAnew(response, transfer);
  const before = part.length;
  try {
    // Node's body can be iterated, which the types of the browser's do not say.
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      if (part.length + chunk.length > file.sizeBytes)
        throw new WrongContent(`it is longer than ${file.sizeBytes} bytes`);
      part.append(chunk);
      transfer.progress(part.length, chunk.length);
    }
  } catch (error) {
    if (network.signal.aborted || error instanceof WrongContent || error instanceof EnvironmentError) throw error;
  }
  if (part.length < file.sizeBytes)
    throw new Transient(
      `${host} cut the connection at byte ${part.length} of ${file.sizeBytes} of ${file.name}`,
      null,
      part.length - before >= PROGRESS_BYTES,
    );
}

function rangeHeaders(from: number, etag: string | null): Record<string, string> {
  if (from === 0 || etag === null) return {};
  // If-Range knows no weak ETags; the answer's own is compared all the same.
  return { Range: `bytes=${from}-`, ...(etag.startsWith("W/") ? {} : { "If-Range": etag }) };
}

/** Whether a 206 brings exactly the missing bytes of the same content. */
function continues(response: Response, { part, file, etag }: Transfer): boolean {
  return (
    response.status === 206 &&
    etag !== null &&
    response.headers.get("etag") === etag &&
    response.headers.get("content-range") === `bytes ${part.length}-${file.sizeBytes - 1}/${file.sizeBytes}`
  );
}

async function startAnew(response: Response, transfer: Transfer): Promise<void> {
  const { part, file } = transfer;
  const encoded = (response.headers.get("content-encoding") ?? "identity") !== "identity";
  const length = response.headers.get("content-length");
  if (part.length > 0) part.restart();
  if (!encoded && length !== null && Number(length) !== file.sizeBytes) {
    await discard(response);
    throw new WrongContent(`it has ${length} bytes, wanted ${file.sizeBytes}`);
  }
  // Offsets into an encoded body are not offsets into the file.
  transfer.etag = encoded ? null : response.headers.get("etag");
  transfer.remember(transfer.etag);
}
