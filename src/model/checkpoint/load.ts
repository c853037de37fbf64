/** Opens a checkpoint: finds its files, recognises its layout, checks every tensor before one is read. */

import { BadInputError } from "../../base/errors.js";
import { type Assumed, assumedError, assumedNotice } from "../assumed.js";
import { type ModelConfig, parseModelConfig } from "../decoder/families.js";
import { type CodiConfig, codiConfigOf, readCodiFields } from "../latent/config.js";
import { decideProtocol, type ProtocolEvidence } from "../latent/protocols/decide.js";
import type { AnyProtocol } from "../latent/protocols/names.js";
import { eosOf } from "../tokenizer/eos.js";
import { postProcessor, templateStart } from "../tokenizer/template.js";
import { assumptionsOf } from "./assumptions.js";
import { type Folders, foldersOf, type NamedFile } from "./checkpoint-folders.js";
import { evidenceOf } from "./evidence.js";
import { inGroups } from "./extra-tensors.js";
import { latentsKnown } from "./latents-known.js";
import { openStores } from "./opened-weights.js";
import { planned, storedTensor, tensorsOfPlan, type WeightPlan } from "./planned-weights.js";
import { type CheckpointFiles, sha256Text } from "./source.js";
import { elements } from "./store.js";
import { tokenizerFilesOf } from "./tokenizer-files.js";
import { vocabularyOf } from "./vocabulary.js";
import type { WeightFiles } from "./weight-files.js";
import { layoutOf, planWeights } from "./weight-plan.js";
import { readWeight, readWeights, type WeightLayout, type WeightParts } from "./weight-reader.js";
import { ZeroTensors } from "./zero-tensors.js";

/** SHA-256 (hex) of what makes a model: its weights files, its tokenizer, and the JSON files that change its numbers. */
export interface ModelHashes {
  readonly weightsSha256: string;
  readonly tokenizerSha256: string;
  readonly configSha256: string;
}

/** How protocol and number of latents are known, as the end of a sentence. */
export interface Because {
  /** Null for a plain language model, of which nothing tells it. */
  readonly protocol: string | null;
  readonly latents: string;
}

/** An opened checkpoint; weights are read when asked for. */
export interface Checkpoint {
  readonly name: string;
  readonly plan: WeightPlan;
  readonly config: ModelConfig;
  readonly codi: CodiConfig;
  /** What the files show of how the model was trained. */
  readonly evidence: ProtocolEvidence;
  readonly because: Because;
  /** The token that ends an answer, and stands where `remove_eos` is false. */
  readonly eosTokenId: number;
  /** Inner width of the projection; null where there is none. */
  readonly prjDim: number | null;
  /** Rows of the embedding. */
  readonly vocabRows: number;
  /** Weights of the model, merged. */
  readonly parameters: number;
  /** Parsed `config.json`, as it is in the file. */
  readonly configJson: unknown;
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig: unknown;
  /** Files that the tokenizer is made from, as `folder/name`: `tokenizer.json`, or `vocab.json` and `merges.txt`. */
  readonly tokenizerFiles: readonly string[];
  /** Settings that no file gives. */
  readonly assumed: readonly Assumed[];
  /** Types of the stored weights, e.g. `F32` or `BF16+F32`. */
  readonly dtype: string;
  /** Files that hold weights, as `folder/name`. */
  readonly weightFiles: readonly string[];
  /** Reads all files once. @throws BadInputError when one of them changed since the checkpoint was opened. */
  hashes(): Promise<ModelHashes>;
  /** One weight. @throws BadInputError for an unknown name, NaN, infinity and a damaged file. */
  weight(name: string): Promise<WeightParts>;
  /** All weights, by default one by one; the arrays of one step are valid until the next is asked for. */
  weights(layout?: WeightLayout): AsyncGenerator<readonly WeightParts[]>;
  close(): Promise<void>;
}

/** Options of `openCheckpoint`. */
export interface OpenOptions {
  /** The base model's folder, for an adapter or a checkpoint that comes without configuration and tokenizer. */
  readonly base?: CheckpointFiles | undefined;
  /** Gets a line for everything that is odd but no error; one of them lists what is assumed, another one the number of latents. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Refuse what would have to be assumed. */
  readonly strict?: boolean | undefined;
  /** Run it so, whatever `codi.json` says. */
  readonly protocol?: AnyProtocol | undefined;
  /** Run it with so many latents, whatever `codi.json` says. */
  readonly latents?: number | undefined;
}

/** @throws BadInputError naming file, tensors, found and wanted; nothing is loaded then. */
export async function openCheckpoint(files: CheckpointFiles, options: OpenOptions = {}): Promise<Checkpoint> {
  const warn = options.onNotice ?? (() => undefined);
  const folders = await foldersOf(files, options.base, warn);
  const opened: WeightFiles[] = [];
  const close = async (): Promise<void> => void (await Promise.all(opened.map(({ store }) => store.close())));
  try {
    const configJson = await folders.json("config.json");
    const parsed = parseModelConfig(configJson, `${folders.of("config.json").name}/config.json`);
    const codiJson = folders.has("codi.json") ? await folders.json("codi.json") : undefined;
    const { family } = parsed;
    const found = await openStores(folders, { family, opened, warn });
    const { json: tokenizerJson, config: tokenizerConfig } = await tokenizerFilesOf(folders, {
      family,
      warn,
    });
    const inFile = withTemplatesBos(parsed, { configJson, tokenizerJson });
    const layout = layoutOf(found.stores.model, family);
    const parts = { config: inFile, layout, ...found.stores };
    const evidence = evidenceOf({ ...parts, configJson, tokenizerJson });
    const { protocol, latents } = options;
    const where = `${files.name}/codi.json`;
    const stated = readCodiFields(codiJson, where);
    const decided = decideProtocol({ where: files.name, evidence, stated: stated.protocol, asked: protocol });
    if (decided.notice !== null) warn(decided.notice);
    const settled = { protocol: decided.name, latents, latentTokens: evidence.latentTokens };
    const { notice: resized, ...vocabulary } = vocabularyOf(parts, tokenizerJson, decided);
    if (resized !== null) warn(resized);
    const sized = { ...inFile, vocabSize: vocabulary.size };
    const codi = codiConfigOf(stated, { ...vocabulary, ...settled, where });
    const plan = planWeights({ ...parts, config: sized, codi });
    const known = latentsKnown({ where: files.name, stated: stated.num_latents, asked: latents, codi, plan });
    if (known.notice !== null) warn(known.notice);
    // An adapter may have changed one of the two alone.
    const config = { ...sized, tiedEmbeddings: plan.isTied };
    const eos = eosOf({
      codi: codi.eosTokenId,
      config: (configJson as { eos_token_id?: unknown }).eos_token_id === undefined ? [] : config.eosTokenIds,
      tokenizerJson,
      tokenizerConfig,
      vocabRows: plan.vocabRows,
    });
    const assumed = [
      ...assumptionsOf({
        codiJson,
        codi,
        plan,
        tokenizerJson,
        bosTokenId: config.bosTokenId,
        evidence,
        decided,
        asked: { protocol, latents },
      }),
      ...eos.assumed,
    ];
    if (assumed.length > 0) {
      if (options.strict === true) throw assumedError(files.name, assumed);
      // The line about the latents says that their number is assumed.
      const others = known.notice === null ? assumed : assumed.filter(({ what }) => what !== "num_latents");
      if (others.length > 0) warn(assumedNotice(files.name, others));
    }
    warnOfExtra(plan, files.name, warn);
    if (eos.notice !== null) warn(`${files.name}: ${eos.notice}`);
    const stamps = await stampsOf([...found.weightFiles, ...folders.settings()]);
    return {
      name: files.name,
      plan,
      config,
      codi,
      evidence,
      because: { protocol: decided.because, latents: known.because },
      eosTokenId: eos.id,
      prjDim: plan.prjDim,
      vocabRows: plan.vocabRows,
      assumed,
      parameters: [...plan.weights.values()].reduce((sum, { shape }) => sum + elements(shape), 0),
      configJson,
      tokenizerJson,
      tokenizerConfig,
      tokenizerFiles: folders.tokenizer.names.map((name) => `${folders.tokenizer.files.name}/${name}`),
      dtype: [...new Set(tensorsOfPlan(plan).map((ref) => storedTensor(ref).dtype))].sort().join("+"),
      weightFiles: found.weightFiles.map(({ files: folder, name }) => `${folder.name}/${name}`),
      hashes: () => hashAll(found.weightFiles, folders, stamps),
      weight: async (name) => {
        const zeros = new ZeroTensors(warn);
        const weight = await readWeight(planned(plan, name), zeros.add);
        zeros.tell();
        return weight;
      },
      weights: (layout) => allWeights(plan, warn, layout),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where `config.json` names no BOS, the tokenizer's template does; the family's default may be any token of it. */
function withTemplatesBos(
  config: ModelConfig,
  { configJson, tokenizerJson }: { readonly configJson: unknown; readonly tokenizerJson: unknown },
): ModelConfig {
  const isNamed = (configJson as { readonly bos_token_id?: unknown }).bos_token_id !== undefined;
  if (isNamed || config.bosTokenId === null) return config;
  const post = postProcessor.safeParse((tokenizerJson as { readonly post_processor?: unknown }).post_processor ?? null);
  return { ...config, bosTokenId: (post.success ? templateStart(post.data) : null) ?? config.bosTokenId };
}

async function* allWeights(
  plan: WeightPlan,
  warn: (notice: string) => void,
  layout: WeightLayout | undefined,
): AsyncGenerator<readonly WeightParts[]> {
  const zeros = new ZeroTensors(warn);
  yield* readWeights(plan, zeros.add, layout);
  zeros.tell();
}

/** Says what inference does not use. */
function warnOfExtra({ auxiliary, ignored }: WeightPlan, where: string, warn: (notice: string) => void): void {
  if (auxiliary.length > 0)
    warn(
      `${where}: ${inGroups(auxiliary, "first part")} of a second model of training are left out, as the reference does`,
    );
  if (ignored.length > 0) warn(`${where}: buffers that are computed anew are left out: ${inGroups(ignored, "whole")}`);
}

async function stampsOf(files: readonly NamedFile[]): Promise<string[]> {
  return Promise.all(files.map(({ files: folder, name }) => folder.stamp(name)));
}

async function hashAll(
  weights: readonly NamedFile[],
  folders: Folders,
  stamps: readonly string[],
): Promise<ModelHashes> {
  const settings = folders.settings();
  const all = [...weights, ...settings];
  const hashes: string[] = [];
  for (const [i, { files, name }] of all.entries()) {
    hashes.push(await files.sha256(name));
    if ((await files.stamp(name)) !== stamps[i])
      throw new BadInputError(
        `${files.name}/${name} changed since the checkpoint was opened`,
        "run the command again when nobody writes to the folder",
      );
  }
  const together = (some: readonly NamedFile[], own: readonly string[]): Promise<string> =>
    own.length === 1
      ? Promise.resolve(own[0] ?? "")
      : sha256Text(some.map(({ name }, i) => `${own[i]}  ${name}\n`).join(""));
  const { files: from, names } = folders.tokenizer;
  const tokenizer = names.map((name) => ({ files: from, name }));
  return {
    weightsSha256: await together(weights, hashes.slice(0, weights.length)),
    tokenizerSha256: await together(tokenizer, await Promise.all(names.map((name) => from.sha256(name)))),
    configSha256: await together(settings, hashes.slice(weights.length)),
  };
}
