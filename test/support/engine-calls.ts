/** How the native engine is called: op by op, and graph by graph. */

import { nativeBackend } from "../../src/model/tensor/engine.js";
import { overridden } from "../../src/model/tensor/overridden.js";

/** Calls of an engine. */
export interface EngineCalls {
  readonly ops: number;
  readonly graphs: number;
}

/** Counts the calls that `work` makes. */
export async function callsOf(work: () => unknown): Promise<EngineCalls> {
  const engine = nativeBackend();
  if (engine === null) throw new RangeError("No native engine on the CPU");
  const { binding } = engine;
  const counts = { ops: 0, graphs: 0 };
  const restore = overridden(engine, {
    executeOp(...given) {
      counts.ops++;
      return binding.executeOp(...given);
    },
    runSavedModel(...given) {
      counts.graphs++;
      return binding.runSavedModel?.(...given) ?? [];
    },
  });
  try {
    await work();
  } finally {
    restore();
  }
  return counts;
}
