/** What a family of language models is to files and plans: its configuration, its weights and how they are kept. No tensor here. */

import type { FileConfig } from "./config.js";
import type { FamilyName } from "./family-names.js";

/** Weights that share a matrix. */
export interface WeightGroup {
  /** Canonical name of the matrix. */
  readonly name: string;
  /** Canonical names of its parts, in their order. */
  readonly parts: readonly string[];
}

/** How a family writes its weights down. Canonical names are those of its Hugging Face file without `body`. */
export interface WeightNames {
  /** What stands before every name but the head's in a Hugging Face file: `model.`, `transformer.`. */
  readonly body: string;
  /** The embedding. */
  readonly embedding: string;
  /** A weight that every file of the family has, whatever else was left out. */
  readonly always: string;
  /** Is the matrix stored `[in, out]`? All others are `[out, in]`. */
  readonly isStoredInOut: (name: string) => boolean;
  /** May a PEFT configuration with `all-linear` mean the module? */
  readonly isLinear: (module: string) => boolean;
}

/** A family. */
export interface Family<C extends FileConfig = FileConfig> {
  readonly name: FamilyName;
  readonly names: WeightNames;
  /** Do positions end at `maxPositions`, because each has a vector of its own? */
  readonly hasLearnedPositions: boolean;
  /** Matrices of a block's MLP: two, or three with a gate. */
  readonly mlpMatrices: 2 | 3;
  /** @param where name of the file, for messages. @throws BadInputError naming the field, its value and what is supported. */
  parseConfig(json: unknown, where: string): C;
  /** Canonical name → shape, as it is stored, of every weight. @param vocabRows rows of the embedding. */
  weights(config: C, vocabRows: number): Map<string, readonly number[]>;
  /** The matrix that a weight becomes a part of; null for one that stays alone. */
  readonly fusedWith: (name: string) => WeightGroup | null;
  /** May the weight be kept in several parts of some rows each? */
  readonly mayBeInParts: (name: string) => boolean;
}
