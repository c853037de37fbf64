/** Reads a SAELens folder onto the engine: `cfg.json` and `sae_weights.safetensors`. No Node API here. */

import { mebibytes } from "../../../base/bytes.js";
import { BadInputError, EnvironmentError } from "../../../base/errors.js";
import { quoted } from "../../checkpoint/quoted.js";
import { openSafetensors, type SafetensorsFile } from "../../checkpoint/safetensors.js";
import { type CheckpointFiles, readJson } from "../../checkpoint/source.js";
import { currentEngine, mostTensorBytes } from "../../tensor/engine.js";
import { type FloatValues, scan, widened } from "../../tensor/floats.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";
import { uploadMatrix } from "../../tensor/upload.js";
import { type SaeConfig, saeConfig } from "./sae-config.js";
import { type SaeWeights, SparseAutoencoder } from "./sparse-autoencoder.js";

const CFG = "cfg.json";
const WEIGHTS = "sae_weights.safetensors";
/** A factor that SAELens once saved with every autoencoder, and that it drops where all of it is 1. */
const SCALING = "scaling_factor";

/** How an autoencoder is read. */
export interface ReadSaeOptions {
  /** The residual site that it reads, where its folder names none or calls it otherwise. Default: the folder's own. */
  readonly site?: string | undefined;
  /** Is given the bytes that it will take, and throws where there is no room for them. */
  readonly checkRoom?: (bytes: number) => void;
}

/**
 * Reads a sparse autoencoder from the bytes of its folder, on the engine that was started: what `loadSae` does on Node.
 *
 * @throws BadInputError naming file, tensor, what was found and what was wanted; EnvironmentError where there is no room for the weights.
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * // In a browser the bytes come by fetch.
 * const bytes = Object.fromEntries(["cfg.json", "sae_weights.safetensors"].map((name) => [name, new Uint8Array(readFileSync(`${saeDir}/${name}`))]));
 * const sae = await readSae(filesFromBytes("mine", bytes));
 * sae.features; // → 256
 * ```
 */
export async function readSae(files: CheckpointFiles, options: ReadSaeOptions = {}): Promise<SparseAutoencoder> {
  const names = await files.list();
  for (const name of [CFG, WEIGHTS])
    if (!names.includes(name))
      throw new BadInputError(
        `${files.name} has no ${name}, wanted a SAELens folder`,
        `save it by save_model or save_inference_model; it has ${names.slice(0, 8).join(", ") || "no file"}`,
      );
  const config = saeConfig(await readJson(files, CFG), `${files.name}/${CFG}`, options);
  const bytes = 4 * config.features * (2 * config.dIn + 2);
  checkEngineRoom(files.name, config);
  options.checkRoom?.(bytes);
  const file = await openSafetensors(await files.open(WEIGHTS));
  try {
    await checkTensors(file, config);
    return new SparseAutoencoder(files.name, config, await uploaded(file, config));
  } finally {
    await file.close();
  }
}

/** @throws EnvironmentError for a matrix that the engine cannot take in one piece. */
function checkEngineRoom(name: string, { features, dIn }: SaeConfig): void {
  const bytes = 4 * features * dIn;
  const most = mostTensorBytes();
  if (bytes > most)
    throw new EnvironmentError(
      `The ${currentEngine().name} engine cannot hold ${name}: its encoder takes ${mebibytes(bytes)}, and a tensor can have ${mebibytes(most)}`,
      "compute with --engine native",
    );
}

type Shapes = Readonly<Record<string, readonly number[]>>;

function shapesOf({ dIn, features, architecture }: SaeConfig): Shapes {
  return {
    W_enc: [dIn, features],
    b_enc: [features],
    W_dec: [features, dIn],
    b_dec: [dIn],
    ...(architecture === "jumprelu" ? { threshold: [features] } : {}),
  };
}

async function checkTensors(file: SafetensorsFile, config: SaeConfig): Promise<void> {
  const wanted = shapesOf(config);
  for (const [name, shape] of Object.entries(wanted)) {
    const found = file.tensors.get(name);
    if (found === undefined)
      throw new BadInputError(
        `${file.name} has no tensor ${quoted(name)}, which architecture ${config.architecture} has`,
        `it has ${[...file.tensors.keys()].slice(0, 8).map(quoted).join(", ") || "none"}`,
      );
    if (found.shape.join() !== shape.join())
      throw new BadInputError(
        `${file.name}: tensor ${quoted(name)} has shape [${found.shape.join(", ")}], wanted [${shape.join(", ")}]`,
        `cfg.json says d_in ${config.dIn} and d_sae ${config.features}`,
      );
  }
  for (const name of file.tensors.keys()) {
    if (Object.hasOwn(wanted, name)) continue;
    const isOne = name === SCALING && widened(await file.read(name)).every((x) => x === 1);
    if (!isOne)
      throw new BadInputError(
        `${file.name} has a tensor ${quoted(name)} that architecture ${config.architecture} does not have`,
        name === SCALING ? "fold it into W_dec, and save it again" : "is architecture in cfg.json right?",
      );
  }
}

async function uploaded(file: SafetensorsFile, config: SaeConfig): Promise<SaeWeights> {
  const made: Tensor2D[] = [];
  const put = async (name: string, [rows, width]: readonly [number, number]): Promise<Tensor2D> => {
    const values = await file.read(name);
    checkFinite(values, `${file.name}: tensor ${quoted(name)}`);
    const tensor = uploadMatrix([{ rows, values, lora: null }], width);
    made.push(tensor);
    return tensor;
  };
  const { dIn, features, architecture } = config;
  try {
    return {
      encoder: await put("W_enc", [dIn, features]),
      encoderBias: await put("b_enc", [1, features]),
      decoder: await put("W_dec", [features, dIn]),
      decoderBias: await put("b_dec", [1, dIn]),
      threshold: architecture === "jumprelu" ? await put("threshold", [1, features]) : null,
    };
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}

/** @param where file and tensor, for messages. */
function checkFinite(values: FloatValues, where: string): void {
  const { bad } = scan(values);
  if (bad >= 0)
    throw new BadInputError(
      `${where} holds a number that is not finite at element ${bad}`,
      "the weights are damaged: get them again",
    );
}
