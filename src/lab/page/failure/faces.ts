/** What each kind of failure is called, and what one can do about it. No DOM here. */

import type { Failure } from "../../worker/messages.js";

/** A failure as it is shown. */
export interface Face {
  readonly kind: "simd" | "webgpu" | "lost" | "memory" | "worker" | "file" | "number" | "request" | "other";
  readonly title: string;
  /** What it means for the reader, in a sentence. */
  readonly means: string;
  /** What to do, where the failure itself does not say it. */
  readonly advice: string;
  /** Does the advice stand in place of the failure's own hint, which speaks of commands? */
  readonly speaksForItself?: boolean;
  /** Can the page go on as it is, without a new start? */
  readonly canGoOn: boolean;
}

type FaceWords = Omit<Face, "kind">;

const WORDS: Readonly<Record<Face["kind"], FaceWords>> = {
  simd: {
    title: "This browser cannot run the engine",
    means: "The engine needs WebAssembly with SIMD. What was computed beforehand can still be looked at.",
    advice: "Use a newer browser, or switch to WebGPU where this one has it.",
    canGoOn: true,
  },
  webgpu: {
    title: "WebGPU is not available here",
    means: "The page computes on the processor instead, which for a small model is fast enough.",
    advice: "Start afresh, which takes WASM.",
    speaksForItself: true,
    canGoOn: false,
  },
  lost: {
    title: "The GPU was lost",
    means: "The driver was reset, or another program took the GPU. Nothing that it was computing can be used.",
    advice: "Start again; if it happens again, use WASM.",
    speaksForItself: true,
    canGoOn: false,
  },
  memory: {
    title: "There is too little memory",
    means: "The model or the computation does not fit into what this browser may use.",
    advice: "Close other tabs, use a smaller model, or compute with the command line.",
    canGoOn: true,
  },
  worker: {
    title: "The computation stopped",
    means: "The page's worker ended by itself, and what it was computing is gone. What you set by hand is still there.",
    advice: "Start again.",
    speaksForItself: true,
    canGoOn: false,
  },
  file: {
    title: "A file cannot be read",
    means: "The file was refused, so that no number comes from a damaged one. Nothing of it is used.",
    advice: "Get the file again.",
    canGoOn: true,
  },
  number: {
    title: "The computation left the numbers",
    means: "A value became infinite or undefined, so there is no answer to show.",
    advice: "Use a smaller scale or less noise.",
    canGoOn: true,
  },
  request: {
    title: "That cannot be done",
    means: "What was asked for is not possible with this model or this question.",
    advice: "Change the edit or the question.",
    canGoOn: true,
  },
  other: {
    title: "Something went wrong",
    means: "The page did not expect this.",
    advice: "Start again; if it happens again, report it with the sentence above.",
    canGoOn: true,
  },
};

/** In the order in which they are tried. */
const BY_MESSAGE: readonly (readonly [RegExp, Face["kind"]])[] = [
  [/WebAssembly with SIMD/, "simd"],
  // A device that is gone refuses every buffer, before the engine hears that it is lost.
  [/GPU was lost|createBuffer failed|device (?:is|was) lost|external Instance reference/i, "lost"],
  [
    /memory to load|too little memory|can address|says that it has|buffer of this GPU|allocation failed|out of memory|out of bounds|Aborted\(OOM|enlarge memory|Invalid typed array length/i,
    "memory",
  ],
  [/WebGPU/, "webgpu"],
];

const BY_NAME: Readonly<Record<string, Face["kind"]>> = {
  WorkerError: "worker",
  BadInputError: "file",
  RunFolderError: "file",
  NumericError: "number",
  UsageError: "request",
};

/** @returns the face of a failure; its own message and hint stand beside it. */
export function faceOf({ name, message }: Failure): Face {
  const byMessage = BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
  const byName = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  // A file that names memory in its own text is still a file.
  const kind = (byName === "file" ? byName : byMessage) ?? byName ?? "other";
  return { kind, ...WORDS[kind] };
}
