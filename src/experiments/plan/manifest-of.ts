/** The manifest of a run from its set-up. */

import { basename, resolve } from "node:path";
import type { Manifest } from "../../records/manifest.js";
import { storiesOf } from "../../studies/from-file.js";
import { readingText } from "./data-notices.js";
import type { Setup } from "./plan.js";

/** @param seconds of the whole run; null while it goes on. */
export function manifestOf(setup: Setup, status: Manifest["status"], seconds: number | null): Manifest {
  const { options, checkpoint, engine, set, sample } = setup;
  return {
    schema: 1,
    status,
    fingerprint: { ...setup.fingerprint },
    model: {
      name: basename(resolve(options.model)),
      protocol: setup.protocol,
      layers: checkpoint.config.layers,
      heads: checkpoint.config.heads,
      latents: checkpoint.codi.numLatents,
      dtype: checkpoint.dtype,
      assumed: checkpoint.assumed.map(({ what, value, why }) => ({ what, value, why })),
    },
    data: {
      file: basename(options.data),
      problems: sample.problems.length,
      usable: set.problems.length,
      reading: { ...set.reading, said: readingText(set.reading) },
      skipped: set.skipped.map((each) => ({ ...each })),
      shortfall: sample.shortfall.map((each) => ({ ...each })),
    },
    settings: {
      layers: [...options.layers],
      ablateLayer: options.ablateLayer,
      seed: options.seed,
      testMode: options.testMode,
      maxNewTokens: setup.maxNewTokens,
      ...(setup.rows === undefined ? {} : { rowsPerBatch: setup.rows }),
    },
    ...(setup.leftOut.length === 0 ? {} : { leftOut: setup.leftOut.map((each) => ({ ...each })) }),
    studies: storiesOf(setup.fingerprint.studies, setup.outside, setup.controls),
    stamp: {
      command: options.command,
      version: options.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      engine: { ...engine },
      startedAt: new Date().toISOString(),
      seconds,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
  };
}
