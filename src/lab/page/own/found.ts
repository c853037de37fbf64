/** What was dropped and what became of it; the worker reads, nothing leaves the machine. */

import { signal } from "@preact/signals";
import { type Dropped, type DroppedFile, recognise } from "../../files/dropped.js";
import type { MemoryLimits } from "../../files/memory.js";
import type { RecordsView } from "../../files/records.js";
import type { TraceView } from "../../files/trace.js";
import type { CheckpointLook, DroppedCheckpoint, OwnProtocolFile } from "../../worker/messages.js";
import { announce } from "../parts/live.js";
import { engine, fail, failure, startEngine } from "../state.js";
import { worker } from "../worker.js";

/** The protocol of one's own with which the page was opened: `?protocol=own/my-protocol.mjs`, as `codilens lab --protocol` does. */
export const OWN_PROTOCOL = ((): OwnProtocolFile | null => {
  const file = new URLSearchParams(location.search).get("protocol") ?? "";
  // Of the page's own folder alone: a link must not bring a program from elsewhere.
  return /^own\/[\w-]+(?:\.[\w-]+)*\.m?js$/.test(file) ? { file } : null;
})();

/** What is shown of it. */
export type Found =
  | { readonly kind: "reading"; readonly name: string; readonly share: number | null; readonly stop: () => void }
  | {
      readonly kind: "checkpoint";
      readonly dropped: DroppedCheckpoint;
      /** Null while it is looked at; `refused` where it cannot be run as it is. */
      readonly look: CheckpointLook | "refused" | null;
    }
  | { readonly kind: "trace"; readonly trace: TraceView }
  | { readonly kind: "run"; readonly run: RecordsView };

/** The last thing that was dropped, or null. */
export const found = signal<Found | null>(null);

/** Reads what was dropped; where it is refused, the failure is shown. */
export async function take(files: Promise<readonly DroppedFile[]> | readonly DroppedFile[]): Promise<void> {
  failure.value = null;
  const stopping = new AbortController();
  try {
    const dropped = recognise(await files);
    const stop = (): void => stopping.abort();
    found.value = { kind: "reading", name: dropped.name, share: null, stop };
    const onPart = (share: number): void => {
      found.value = { kind: "reading", name: dropped.name, share, stop };
    };
    found.value = await readDropped(dropped, { signal: stopping.signal, onPart });
    announce(`${dropped.name} was read.`);
  } catch (error) {
    found.value = null;
    fail(error);
  }
}

interface Reading {
  readonly signal: AbortSignal;
  readonly onPart: (share: number) => void;
}

async function readDropped(dropped: Dropped, { signal: stop, onPart }: Reading): Promise<Found> {
  if (dropped.kind === "trace") {
    const trace = await worker.call("trace", { name: dropped.name, blob: dropped.blob }, { signal: stop });
    return { kind: "trace", trace };
  }
  if (dropped.kind === "run") {
    const { name, records } = dropped;
    const run = await worker.call("records", { name, blob: records }, { signal: stop, onPart });
    return { kind: "run", run };
  }
  const { name, files, base } = dropped;
  return lookAt({ name, files, base, protocol: OWN_PROTOCOL, latents: null }, stop);
}

/** What a load would do with it; where it would be refused the failure is shown, and how it is run can be chosen anew. */
async function lookAt(dropped: DroppedCheckpoint, stop?: AbortSignal): Promise<Found> {
  const ask = { ...dropped, limits: await limitsHere() };
  try {
    const look = await worker.call("checkpoint", ask, stop === undefined ? {} : { signal: stop });
    return { kind: "checkpoint", dropped, look };
  } catch (error) {
    if (stop?.aborted === true) throw error;
    fail(error);
    return { kind: "checkpoint", dropped, look: "refused" };
  }
}

/** Runs a dropped checkpoint in another way, and says what that comes to. */
export async function runOtherwise(
  dropped: DroppedCheckpoint,
  change: Partial<Pick<DroppedCheckpoint, "protocol" | "latents">>,
): Promise<void> {
  failure.value = null;
  const next = { ...dropped, ...change };
  // Nothing can be loaded in the way that was chosen before.
  found.value = { kind: "checkpoint", dropped: next, look: null };
  const looked = await lookAt(next);
  const now = found.peek();
  if (now?.kind === "checkpoint" && now.dropped === next) found.value = looked;
}

/** What bounds a load here, as far as the browser says it. */
async function limitsHere(): Promise<MemoryLimits> {
  const { name } = engine.value;
  const { deviceMemory, gpu } = navigator as Navigator & { readonly deviceMemory?: number; readonly gpu?: GPU };
  // Browsers round it, and say 8 for everything from 8 GiB on.
  const deviceBytes = deviceMemory === undefined || deviceMemory >= 8 ? null : deviceMemory * 2 ** 30;
  const adapter = name === "webgpu" ? ((await gpu?.requestAdapter()) ?? null) : null;
  if (adapter === null) return { engine: name, deviceBytes, bufferBytes: null };
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return { engine: name, deviceBytes, bufferBytes: Math.min(maxBufferSize, maxStorageBufferBindingSize) };
}

/** Loads a checkpoint that was looked at, in place of the model that is there. */
export async function loadDropped(dropped: DroppedCheckpoint): Promise<void> {
  await startEngine(engine.value.name, dropped);
  if (engine.value.phase === "ready") announce(`${dropped.name} answers now.`);
}

/** Goes back to the page's own model. */
export function loadOwn(): void {
  found.value = null;
  void startEngine(engine.value.name, null);
}
