/** Which engine computes, how far its start is, and the switch to another. */

import type { JSX } from "preact";
import type { LabEngine } from "../../worker/messages.js";
import { Select } from "../parts/choice.js";
import { megabytes } from "../parts/numbers.js";
import { type EngineStatus, engine, facts, startEngine } from "../state.js";

const ENGINES: readonly (readonly [LabEngine, string])[] = [
  ["wasm", "WASM"],
  ["webgpu", "WebGPU"],
];

/** In words, as it is shown and read aloud. */
export function engineWords(status: EngineStatus): string {
  if (status.phase === "ready")
    return `${facts.value?.name ?? "model"} on ${status.name === "wasm" ? "WASM" : "WebGPU"}`;
  if (status.phase === "absent") return "a computed example; the engine is not started";
  if (status.phase === "failed") return "a computed example; the engine did not start";
  if (status.phase === "engine") return "starting the engine …";
  if (status.phase === "files") {
    const { done, total } = status;
    return `loading the model: ${megabytes(done)}${total === null ? "" : ` of ${megabytes(total)}`}`;
  }
  return "preparing the model …";
}

/** The line and the switch. */
export function EngineLine(): JSX.Element {
  const status = engine.value;
  const isBusy = ["engine", "files", "model"].includes(status.phase);
  return (
    <div class="engine">
      <span class={`engine-dot engine-${status.phase}`} aria-hidden="true" />
      <span class="small" data-phase={status.phase}>
        {engineWords(status)}
      </span>
      <Select
        label="Engine"
        isLabelUnseen
        value={status.name}
        disabled={isBusy}
        options={ENGINES}
        onChoose={(name) => void startEngine(name)}
      />
    </div>
  );
}
