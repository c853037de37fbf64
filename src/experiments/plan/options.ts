/** The options of an experiment. */

import type { ProtocolName } from "../../model/latent/protocols/names.js";
import type { EngineChoice } from "../../model/tensor/engine.js";
import type { Hold } from "../../model/tensor/hold-names.js";
import type { Shard } from "../../records/shard.js";
import type { FieldNames } from "../problems/form.js";

/** Every option of `codilens experiment`. */
export interface ExperimentOptions {
  readonly model: string;
  /** The base model's folder, for an adapter or a checkpoint without configuration and tokenizer. */
  readonly base?: string;
  /** Load even where the memory does not seem to suffice. */
  readonly force: boolean;
  /** How weights are held; default: in float32. It changes no record. */
  readonly hold?: Hold;
  /** Refuse what no file of the checkpoint says and would have to be assumed. */
  readonly strict?: boolean;
  readonly data: string;
  /** Fields of the data file by name, where its form is none that is known. */
  readonly fields?: FieldNames;
  readonly problems?: number;
  readonly testMode: boolean;
  /** Layers at which attention is read; default: 4, 8 and 14, or as deep in a model that has not so many. */
  readonly layers?: readonly number[];
  /** Block whose output is changed; default: 8, or the middle one of a model that has no block 14. */
  readonly ablateLayer?: number;
  /** Of `STUDY_NAMES`; none: `token-ablation` and `attention`. */
  readonly studies: readonly string[];
  /** Absolute paths of studies outside the package. */
  readonly studyFiles?: readonly string[];
  /** Run what must change nothing, and what the effects are compared with; default true, never under `seed`. */
  readonly controls?: boolean;
  /** Of `ABLATIONS`: further ways to take a latent away. */
  readonly ablations?: readonly string[];
  /** Studies that take some of the problems, because each takes long, take all. */
  readonly wholeSample?: boolean;
  readonly protocol?: ProtocolName;
  /** In its place: absolute path of a protocol of one's own. */
  readonly protocolFile?: string;
  /** How many latents are run; default: what the checkpoint says. */
  readonly latents?: number;
  readonly out?: string;
  /** Compute this part of the run only, into a folder of its own below `out`; `mergeShards` puts all of them together. */
  readonly shard?: Shard;
  readonly seed: number;
  readonly dryRun: boolean;
  /** Record every op of the engine, and write a table and a trace. */
  readonly profile: boolean;
  /** Threads of one op and ops at a time, in each worker; default: one for a small model, else the cores divided by the workers. A resumed run keeps its own. */
  readonly threads?: number;
  /** Processes that compute side by side; default: as many as are of use and find memory. They change no record. */
  readonly workers?: number;
  /** Rows that are computed at once; default: 256, or what memory allows. A resumed run keeps its own. */
  readonly rows?: number;
  readonly onBadRow: "fail" | "skip";
  readonly maxNewTokens?: number;
  readonly engine: EngineChoice;
  readonly takeOver: boolean;
  /** Empty the folder first. */
  readonly fresh: boolean;
  /** As the user typed it, for the report. */
  readonly command: string;
  readonly version: string;
}
