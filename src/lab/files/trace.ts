/** A trace that `codilens trace --out` wrote: its question, its answer, its tensors. */

import { BadInputError } from "../../base/errors.js";
import { filesFromBlobs, openTensorFile, type TensorFile } from "../../browser.js";

/** What a trace holds, for the page. */
export interface TraceView {
  readonly name: string;
  readonly question: string;
  readonly answer: string;
  readonly protocol: string;
  /** Names of all positions. */
  readonly positions: readonly string[];
  readonly tensors: readonly TracedTensor[];
  /** Length of each latent's input, in their order. */
  readonly latentNorms: readonly { readonly name: string; readonly norm: number }[];
  /** The answer's tokens with the probability that the trace's logits give each; empty where it holds no logits. */
  readonly words: readonly { readonly text: string; readonly probability: number }[];
}

/** A tensor of the trace. */
export interface TracedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
}

const HINT = "drop the file that `codilens trace --out FILE` wrote";
/** Logits beyond this size are not read: the page shows them as a line of the table. */
const MOST_LOGIT_BYTES = 2 ** 28;

/** Reads header, texts, latents and the answer's logits; other tensors stay unread. @throws BadInputError for what is no trace. */
export async function readTrace(name: string, blob: Blob): Promise<TraceView> {
  // The reader names a file by folder and file; this one stands alone.
  const file = await openTensorFile(filesFromBlobs("dropped", { [name]: blob }), name);
  try {
    const schema = textOf(file, "schema");
    if (schema !== "2") throw wrong(file, `it has trace schema ${shown(schema)}, this page reads 2`);
    const tokens = objectOf(file, "tokens");
    const answerTexts = textsOf(tokens["answer"], { file, key: "tokens" });
    const axes = objectOf(file, "axes");
    return {
      name,
      question: textOf(file, "question"),
      answer: textOf(file, "answer"),
      protocol: textOf(file, "protocol"),
      positions: listOf(file, "positions"),
      tensors: [...file.tensors].map(([tensor, { dtype, shape }]) => ({
        name: tensor,
        dtype,
        shape,
        axes: Object.hasOwn(axes, tensor) ? textsOf(axes[tensor], { file, key: "axes" }) : [],
      })),
      latentNorms: await normsOf(file),
      words: await wordsOf(file, answerTexts),
    };
  } finally {
    await file.close();
  }
}

async function normsOf(file: TensorFile): Promise<TraceView["latentNorms"]> {
  const names = listOf(file, "latents");
  const entry = file.tensors.get("latents.hook_input");
  if (entry === undefined) return [];
  const [rows = 0, width = 0] = entry.shape;
  if (entry.shape.length !== 2 || rows !== names.length)
    throw wrong(file, `latents.hook_input has the shape [${entry.shape.join(", ")}], wanted ${names.length} rows`);
  const values = await file.read("latents.hook_input");
  return names.map((name, row) => ({ name, norm: Math.hypot(...values.subarray(row * width, (row + 1) * width)) }));
}

async function wordsOf(file: TensorFile, texts: readonly string[]): Promise<TraceView["words"]> {
  const entry = file.tensors.get("logits");
  const ids = file.tensors.get("tokens.answer");
  if (entry === undefined || ids === undefined) return [];
  const [rows = 0, vocab = 0] = entry.shape;
  if (entry.shape.length !== 2 || rows !== texts.length)
    throw wrong(
      file,
      `logits has the shape [${entry.shape.join(", ")}], wanted ${texts.length} rows, one an answer token`,
    );
  if (4 * rows * vocab > MOST_LOGIT_BYTES) return [];
  const logits = await file.read("logits");
  // Decoding is greedy: the token of a row is its best.
  return texts.map((text, row) => ({ text, probability: best(logits.subarray(row * vocab, (row + 1) * vocab)) }));
}

/** Probability of the best of some logits. */
function best(logits: Float32Array): number {
  const most = logits.reduce((max, each) => Math.max(max, each), Number.NEGATIVE_INFINITY);
  return 1 / logits.reduce((sum, each) => sum + Math.exp(each - most), 0);
}

function textOf(file: TensorFile, key: string): string {
  const text = Object.hasOwn(file.metadata, key) ? file.metadata[key] : undefined;
  if (text === undefined) throw wrong(file, `its texts lack ${shown(key)}`);
  return text;
}

function objectOf(file: TensorFile, key: string): Readonly<Record<string, unknown>> {
  const value = parsed(file, key);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrong(file, `${key} is no object`);
  return value as Record<string, unknown>;
}

function listOf(file: TensorFile, key: string): string[] {
  return textsOf(parsed(file, key), { file, key });
}

/** The JSON of one of the file's texts. */
function parsed(file: TensorFile, key: string): unknown {
  const text = textOf(file, key);
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(file, `its text ${shown(key)} is not JSON`);
  }
}

function textsOf(value: unknown, { file, key }: { readonly file: TensorFile; readonly key: string }): string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
    throw wrong(file, `${key} is no list of texts`);
  return value as string[];
}

function wrong(file: TensorFile, why: string): BadInputError {
  return new BadInputError(`${file.name} is no trace: ${why}`, HINT);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
