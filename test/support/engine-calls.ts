/** How the native engine is called: op by op, and graph by graph. */

import { type NativeBackend, nativeBackend } from "../../src/model/tensor/engine.js";

/** Calls of an engine. */
export interface EngineCalls {
  readonly ops: number;
  readonly graphs: number;
}

/** Counts the calls that `work` makes. */
export async function callsOf(work: () => unknown): Promise<EngineCalls> {
  const engine = nativeBackend() as { binding: NativeBackend["binding"] } | null;
  if (engine === null) throw new RangeError("No native engine on the CPU");
  const { binding } = engine;
  const counts = { ops: 0, graphs: 0 };
  const counting: Partial<NativeBackend["binding"]> = {
    executeOp(...given) {
      counts.ops++;
      return binding.executeOp(...given);
    },
    runSavedModel(...given) {
      counts.graphs++;
      return binding.runSavedModel?.(...given) ?? [];
    },
  };
  // The binding's own properties cannot be written over.
  const entries = Object.entries(counting).map(([name, value]) => [name, { value }] as const);
  engine.binding = Object.create(binding as object, Object.fromEntries(entries)) as typeof binding;
  try {
    await work();
  } finally {
    engine.binding = binding;
  }
  return counts;
}
