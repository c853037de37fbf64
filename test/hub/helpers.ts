/** A download in a fresh folder, with a clock that does not wait. */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { CodiLensError } from "../../src/base/errors.js";
import { downloadRepository } from "../../src/hub/repository.js";
import type { DownloadContext, DownloadRequest, DownloadResult } from "../../src/hub/request.js";
import { readSettings } from "../../src/hub/settings.js";
import { type FakeHub, type HubOptions, startHub } from "../support/fake-hub.js";
import { temporaryFolder } from "../support/temporary.js";

const open: FakeHub[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((hub) => hub.close()));
});

/** Bytes that repeat nowhere near. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The large file of the hubs here. */
export const weights: Uint8Array = noise(50_000);

/** A hub that is closed after the test. */
export async function hubWith(options: Partial<HubOptions> = {}): Promise<FakeHub> {
  const files = { "config.json": '{"a":1}', "model.safetensors": weights };
  const hub = await startHub({ files, ...options });
  open.push(hub);
  return hub;
}

/** A new empty folder. */
export function newFolder(): string {
  return temporaryFolder("codilens-hub-");
}

/** What is different from a plain download. */
export type Wishes = Partial<Omit<DownloadRequest, "include">> &
  Partial<Omit<DownloadContext, "settings">> & {
    readonly env?: Readonly<Record<string, string>>;
    readonly include?: readonly string[];
  };

/** How it went. */
export interface Outcome {
  readonly result: DownloadResult | null;
  readonly error: { readonly exitCode: number; readonly message: string; readonly hint: string } | null;
  readonly notices: string[];
  /** Waits in milliseconds. */
  readonly waits: number[];
  readonly progress: (readonly [number, number, number])[];
}

/** Downloads `main` of the hub's repository. Errors that are not ours are thrown on. */
export async function download(
  hub: Pick<FakeHub, "endpoint" | "repository">,
  dir: string,
  wishes: Wishes = {},
): Promise<Outcome> {
  const notices: string[] = [];
  const waits: number[] = [];
  const progress: [number, number, number][] = [];
  const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(dir, "no-such-home"), ...wishes.env };
  const request = { repository: hub.repository, revision: "main", dir, include: [], force: false, verify: false };
  const context = {
    signal: new AbortController().signal,
    notice: (text: string) => void notices.push(text),
    now: () => Date.UTC(2026, 0, 1),
    sleep: async (ms: number) => void waits.push(ms),
    progress: (done: number, total: number, resumed: number) => void progress.push([done, total, resumed]),
    hold: () => () => undefined,
  };
  const said = { notices, waits, progress };
  try {
    const settings = readSettings(env);
    const result = await downloadRepository({ ...request, ...wishes }, { ...context, ...wishes, settings });
    return { result, error: null, ...said };
  } catch (error) {
    if (!(error instanceof CodiLensError)) throw error;
    const { exitCode, message, hint } = error;
    return { result: null, error: { exitCode, message, hint: hint ?? "" }, ...said };
  }
}

/** Size of a file, 0 where there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Whether the large file is there as the hub has it. */
export function isWhole(dir: string): boolean {
  return readFileSync(join(dir, "model.safetensors")).equals(weights);
}
