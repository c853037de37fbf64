/** What a plan of a checkpoint's weights is made from. */

import type { ModelConfig } from "../decoder/families.js";
import type { CodiConfig } from "../latent/config.js";
import type { AdapterConfig } from "./adapter.js";
import type { TensorStore } from "./store.js";
import type { Layout } from "./weight-map.js";

/** The opened files of a checkpoint. */
export interface Stores {
  readonly model: TensorStore;
  /** `prj.*`, or a pause model's vector, in a file of its own. */
  readonly projection: TensorStore | null;
  readonly adapter: { readonly store: TensorStore; readonly config: AdapterConfig } | null;
}

/** What a plan is made from. */
export interface PlanParts extends Stores {
  readonly config: ModelConfig;
  readonly codi: Pick<CodiConfig, "loraAlpha" | "rowsAdded" | "prjLayerNorm">;
  readonly layout: Layout;
}
