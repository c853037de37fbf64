/** The numbers of a language model that every family has. */

import type { FamilyName } from "./family-names.js";

/** What the latent code, plans and estimates know of a decoder's size. */
export interface DecoderConfig {
  readonly family: FamilyName;
  readonly vocabSize: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly maxPositions: number;
  /** Null for a family whose prompts begin with no BOS. */
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
}

/** What the files of a checkpoint say beside that, in every family. */
export interface FileConfig extends DecoderConfig {
  /** Is the head the embedding itself? */
  readonly tiedEmbeddings: boolean;
}
