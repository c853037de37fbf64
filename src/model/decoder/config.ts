/** The numbers of a language model that do not depend on its family. */

/** What the latent code, plans and estimates know of a decoder's size. */
export interface DecoderConfig {
  readonly vocabSize: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly maxPositions: number;
  readonly bosTokenId: number;
  readonly eosTokenIds: readonly number[];
}
