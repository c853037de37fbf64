/** How an engine is named to a reader, and in records. */

import type { RecordEngine } from "./record.js";

/** What is known of an engine that computes. */
export interface NamedEngine {
  readonly name: string;
  readonly version: string;
  /** Its GPU, where it names one. */
  readonly adapter?: string | undefined;
}

/** An engine for a reader: its name, version and, where it names one, its GPU. */
export function engineText({ name, version, adapter }: NamedEngine): string {
  return adapter === undefined ? `${name} ${version}` : `${name} ${version} on ${adapter}`;
}

/** What records say of the engine: nothing where it names no GPU. */
export function recordEngine({ name, version, adapter }: NamedEngine): { readonly engine?: RecordEngine } {
  return adapter === undefined ? {} : { engine: { name, version, adapter } };
}
