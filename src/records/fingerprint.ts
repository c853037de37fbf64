/** What makes two runs the same: hashed into every record's key and the folder's name. */

import { createHash } from "node:crypto";

/** Everything that can change a number of a run, and nothing else (no times, no places). */
export interface Fingerprint {
  readonly weightsSha256: string;
  readonly tokenizerSha256: string;
  readonly configSha256: string;
  readonly dataSha256: string;
  /** The data file's fields by name; given only where `--field` was. */
  readonly fields?: object;
  readonly problems: readonly string[];
  readonly protocol: string;
  /** SHA-256 of a protocol of one's own: of its text in a sweep, of its file in an experiment. Given only of such a one. */
  readonly protocolSha256?: string;
  /** Given only where the number of latents was asked for. */
  readonly latents?: number;
  readonly dtype: string;
  readonly engine: string;
  readonly engineVersion: string;
  /** The GPU, given only where the engine names it. */
  readonly adapter?: string;
  readonly layers: readonly number[];
  readonly ablateLayer: number;
  readonly studies: readonly string[];
  /** Given only where it is not the protocol's default. */
  readonly controls?: boolean;
  /** Given only where `--ablation` was. */
  readonly ablations?: readonly string[];
  /** Given only where it is so. */
  readonly wholeSample?: true;
  /** SHA-256 of the studies' files from outside the package, where there are any. */
  readonly studyFiles?: readonly string[];
  /** Of a sweep: SHA-256 over what its cells do. */
  readonly cells?: string;
  /** Likewise: its measures by name, with the hash of a function's text. */
  readonly measures?: readonly string[];
  readonly seed: number;
  readonly maxNewTokens: number;
  readonly testMode: boolean;
  readonly recordSchema: number;
}

/** JSON with sorted keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/** SHA-256 of canonical JSON, hex. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** The fields in which two fingerprints differ, also those that only one of them has, as `field: found … wanted …`. */
export function differences(found: Partial<Fingerprint>, wanted: Fingerprint): string[] {
  return differingFields({ ...found }, { ...wanted });
}

/** The same of any settings. */
export function differingFields(
  found: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])].flatMap((field) => {
    const [there, here] = [found[field], wanted[field]];
    return canonicalJson(there) === canonicalJson(here) ? [] : [`${field}: ${short(there)} there, ${short(here)} here`];
  });
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
