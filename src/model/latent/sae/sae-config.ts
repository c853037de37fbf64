/** What `cfg.json` of a SAELens folder says of a sparse autoencoder, in the form of SAELens 6 and in the ones before. */

import { BadInputError, UsageError } from "../../../base/errors.js";
import { described } from "../../hooks/described.js";
import { blockSite, FEATURE_SITES, FEATURES_OF, type FeatureSite, type SiteName } from "../../hooks/names.js";

/** How features are made of what the encoder gives. */
export const ARCHITECTURES = ["standard", "jumprelu", "topk"] as const;
/** How the states are scaled before they are encoded. */
export const NORMALIZATIONS = ["none", "expected_average_only_in", "constant_norm_rescale", "layer_norm"] as const;

/** A sparse autoencoder as its folder describes it. */
export interface SaeConfig {
  readonly architecture: (typeof ARCHITECTURES)[number];
  /** Width of the states that it encodes. */
  readonly dIn: number;
  /** Number of features. */
  readonly features: number;
  /** How many features are active at a position; null where that is not fixed. */
  readonly k: number | null;
  /** Features are counted in lengths of their direction, as `rescale_acts_by_decoder_norm` asks. */
  readonly byDirectionNorm: boolean;
  /** `apply_b_dec_to_input`: the decoder's bias is taken off before encoding. */
  readonly subtractsBias: boolean;
  readonly normalization: (typeof NORMALIZATIONS)[number];
  /** The site that it was trained on. */
  readonly of: SiteName;
  /** Name of the model that it was trained on, as the folder gives it; null where it gives none. */
  readonly trainedOn: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param json contents of `cfg.json`. @param file its name, for messages.
 * @throws BadInputError for an architecture, a site or a scaling that is not read, and for a field that is missing or of another kind.
 */
export function saeConfig(
  json: unknown,
  file: string,
  { site }: { readonly site?: string | undefined } = {},
): SaeConfig {
  const at = new Cfg(json, file);
  const topK = at.oldTopK();
  const architecture = at.oneOf("architecture", {
    known: ARCHITECTURES,
    given: topK === null ? (at.of("architecture") ?? (at.isOld ? "standard" : undefined)) : "topk",
  });
  if (!["none", undefined, null].includes(at.of("reshape_activations") as string))
    throw at.wrong("reshape_activations", 'wanted "none": autoencoders of a residual site are read');
  const normalize = at.of("normalize_activations") ?? false;
  return {
    architecture,
    dIn: at.count("d_in"),
    features: at.count("d_sae"),
    k: architecture === "topk" ? (topK ?? at.count("k")) : null,
    byDirectionNorm: architecture === "topk" && at.flag("rescale_acts_by_decoder_norm", false),
    subtractsBias: at.flag("apply_b_dec_to_input", true),
    normalization: at.oneOf("normalize_activations", {
      known: NORMALIZATIONS,
      // Before it had names.
      given: normalize === false ? "none" : normalize === true ? "expected_average_only_in" : normalize,
    }),
    of: site === undefined ? at.site() : siteOf(site),
    trainedOn: at.text("model_name"),
  };
}

/** A residual site that a caller named. */
function siteOf(site: string): SiteName {
  const found = residualSite(site);
  if (found !== null) return found;
  throw new UsageError(
    `loadSae: site is ${described(site)}, wanted a residual site`,
    "write site.block(8).residPost, or its text blocks.8.hook_resid_post",
  );
}

function residualSite(text: string): SiteName | null {
  const [, layer, kind] = /^blocks\.(0|[1-9]\d{0,4})\.(\w+)$/.exec(text) ?? [];
  if (layer === undefined || !Object.hasOwn(FEATURE_SITES, `${kind}${FEATURES_OF}`)) return null;
  return blockSite(Number(layer), kind as "hook_resid_post");
}

/** The site of an autoencoder's features. */
export function featuresOf({ of }: Pick<SaeConfig, "of">): `blocks.${number}.${FeatureSite}` {
  return `${of}${FEATURES_OF}` as `blocks.${number}.${FeatureSite}`;
}

/** Fields of the file: SAELens 6 keeps those of the model in `metadata`, those before kept them beside the others. */
class Cfg {
  readonly #fields: Fields;
  readonly #metadata: Fields;

  constructor(
    json: unknown,
    readonly file: string,
  ) {
    if (!isObject(json))
      throw new BadInputError(`${file} is ${described(json)}, wanted an object`, "is this a SAELens folder?");
    this.#fields = json;
    this.#metadata = isObject(json.metadata) ? json.metadata : {};
  }

  /** Written before SAELens 6? */
  get isOld(): boolean {
    const version = this.#fields.sae_lens_version ?? this.#metadata.sae_lens_version;
    return typeof version !== "string" || Number.parseInt(version, 10) < 6;
  }

  of(name: string): unknown {
    return this.#fields[name] ?? this.#metadata[name];
  }

  text(name: string): string | null {
    const given = this.of(name);
    return typeof given === "string" ? given : null;
  }

  count(name: string): number {
    const given = this.of(name);
    if (typeof given === "number" && Number.isInteger(given) && given > 0) return given;
    throw this.wrong(name, "wanted a whole number of at least 1");
  }

  flag(name: string, otherwise: boolean): boolean {
    const given = this.of(name) ?? otherwise;
    if (typeof given === "boolean") return given;
    throw this.wrong(name, "wanted true or false");
  }

  oneOf<T extends string>(
    name: string,
    { known, given }: { readonly known: readonly T[]; readonly given: unknown },
  ): T {
    const found = known.find((each) => each === given);
    if (found !== undefined) return found;
    throw this.wrong(name, `those that are read: ${known.join(", ")}`);
  }

  /** How many features a TopK of the old form keeps; null for what is none. */
  oldTopK(): number | null {
    if (!this.isOld) return null;
    const name = this.of("activation_fn_str") ?? this.of("activation_fn") ?? "relu";
    if (name === "relu") return null;
    const { k } = isObject(this.#fields.activation_fn_kwargs) ? this.#fields.activation_fn_kwargs : { k: null };
    if (name === "topk" && typeof k === "number" && Number.isInteger(k) && k > 0) return k;
    const field = this.of("activation_fn_str") === undefined ? "activation_fn" : "activation_fn_str";
    throw this.wrong(field, 'wanted "relu", or "topk" with k in activation_fn_kwargs');
  }

  site(): SiteName {
    const layer = this.of("hook_layer") ?? this.of("hook_point_layer");
    const name = this.text("hook_name") ?? this.text("hook_point");
    if (name === null)
      throw new BadInputError(`${this.file} names no site (hook_name)`, "name it yourself: loadSae(folder, { site })");
    const site = residualSite(name.replace("{layer}", String(layer)));
    if (site === null)
      throw new BadInputError(
        `${this.file}: the autoencoder was trained on "${name}", wanted blocks.L.hook_resid_pre, hook_resid_mid or hook_resid_post`,
        "where the site has another name there, name it yourself: loadSae(folder, { site })",
      );
    const head = this.of("hook_head_index") ?? this.of("hook_point_head_index") ?? null;
    if (head !== null) throw this.wrong("hook_head_index", "a residual site has no heads");
    if (typeof layer === "number" && !site.startsWith(`blocks.${layer}.`))
      throw this.wrong("hook_layer", `hook_name is "${name}"`);
    return site;
  }

  wrong(name: string, wanted: string): BadInputError {
    const given = this.of(name);
    const found = given === undefined ? "missing" : JSON.stringify(given);
    return new BadInputError(`${this.file}: ${name} is ${found}; ${wanted}`, "save it again by SAELens, or correct it");
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
