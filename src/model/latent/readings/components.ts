/** What the embedding, positions, each head and each MLP of a clean run write into the residual stream at BOT, the latents, EOT and the answer's tokens. */

import { UsageError } from "../../../base/errors.js";
import { allSites, blockSite, parseSite, type SiteModel, type SiteName } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import { CleanCellRecorder } from "./cell-recorder.js";
import type { Reading, Recorder } from "./reading.js";

/** One site by position name (`bot`, `latent.2`, `eot`, `answer.0`). */
export type ByPosition = ReadonlyMap<string, Float32Array>;

/** Parts of the residual stream; with the biases of the heads' output matrices their sum is `final`, heads after those matrices. */
export interface Components {
  /** `[dModel]`; at a latent its input. */
  readonly embed: ByPosition;
  /** The position's own vector, `[dModel]`; null in a family without such. */
  readonly position: ByPosition | null;
  /** By block: the heads' mixed values `[heads * dHead]`, before the output matrix. */
  readonly z: readonly ByPosition[];
  /** By block, `[dModel]`, with the bias of its last matrix. */
  readonly mlp: readonly ByPosition[];
  /** The stream after the last block, `[dModel]`. */
  readonly final: ByPosition;
}

/** What each component of every row without interventions writes. */
export const components: Reading<Components> = {
  name: "components",
  start: ({ decoder, cleanRows }) => new ComponentRecorder(decoder.config, cleanRows),
};

/** Records the parts of every clean row. */
class ComponentRecorder implements Recorder<Components> {
  readonly #embed: CleanCellRecorder;
  readonly #position: CleanCellRecorder | null;
  readonly #z: readonly CleanCellRecorder[];
  readonly #mlp: readonly CleanCellRecorder[];
  readonly #final: CleanCellRecorder;

  constructor(model: SiteModel & { readonly layers: number }, cleanRows: ReadonlySet<number>) {
    const { layers } = model;
    const at = (site: SiteName): CleanCellRecorder =>
      new CleanCellRecorder(parseSite(site, model), { cleanRows, keep: ({ part }) => part !== "question" });
    const blocks = Array.from({ length: layers }, (_, layer) => layer);
    this.#embed = at("hook_embed");
    this.#position = allSites(model).includes("hook_pos_embed") ? at("hook_pos_embed") : null;
    this.#z = blocks.map((layer) => at(blockSite(layer, "attn.hook_z")));
    this.#mlp = blocks.map((layer) => at(blockSite(layer, "hook_mlp_out")));
    this.#final = at(blockSite(layers - 1, "hook_resid_post"));
  }

  get observers(): Observer[] {
    const position = this.#position === null ? [] : [this.#position];
    return [this.#embed, ...position, ...this.#z, ...this.#mlp, this.#final].map(({ observer }) => observer);
  }

  /** @returns null for a row that is not clean. */
  of(row: number): Components | null {
    const read = (recorder: CleanCellRecorder): ByPosition =>
      new Map([...recorder.of(row)].map(([name, { values }]) => [name, values]));
    const embed = read(this.#embed);
    if (embed.size === 0) return null;
    const position = this.#position === null ? null : read(this.#position);
    return { embed, position, z: this.#z.map(read), mlp: this.#mlp.map(read), final: read(this.#final) };
  }
}

/** What a run kept. @throws UsageError where it kept none. */
export function keptComponents(components: Components | null): Components {
  if (components === null)
    throw new UsageError("The run kept no components", "run without interventions, with components: true");
  return components;
}
