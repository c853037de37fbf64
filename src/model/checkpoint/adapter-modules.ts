/** Which modules an adapter's configuration means, and with which rank and alpha: as PEFT matches them, name by name. */

import { modulePattern } from "./module-pattern.js";

/** What of `adapter_config.json` names modules. */
export interface ModuleSettings {
  readonly r: number;
  readonly lora_alpha: number;
  readonly use_rslora?: boolean | null | undefined;
  readonly target_modules: readonly string[] | string;
  readonly exclude_modules?: readonly string[] | string | null | undefined;
  readonly modules_to_save?: readonly string[] | null | undefined;
  readonly layers_to_transform?: readonly number[] | number | null | undefined;
  readonly layers_pattern?: readonly string[] | string | null | undefined;
  readonly rank_pattern?: Readonly<Record<string, number>> | null | undefined;
  readonly alpha_pattern?: Readonly<Record<string, number>> | null | undefined;
  readonly ensure_weight_tying?: boolean | null | undefined;
}

/** A pair as the configuration has it. */
export interface PairSettings {
  readonly rank: number;
  /** Factor of B · A: alpha / rank, or alpha / √rank with rsLoRA. */
  readonly scale: number;
}

/** Is the module one of those that `all-linear` means in its family? */
type IsLinear = boolean;

/** Names are the base model's: `model.layers.3.self_attn.q_proj`, `transformer.h.3.attn.c_attn`, `model.embed_tokens`, `lm_head`. */
export interface AdapterModules {
  /** Null for a module without a pair. */
  readonly pairOf: (module: string, isLinear?: IsLinear) => PairSettings | null;
  /** Does the adapter's file hold the module as a whole? */
  readonly isSaved: (module: string) => boolean;
  /** Is a head that the base ties to its embedding tied to the adapter's too? */
  readonly tiesHead: boolean;
}

/** A setting whose value cannot be followed exactly. */
export class UnclearPattern extends Error {
  constructor(
    readonly field: string,
    readonly pattern: string,
  ) {
    super(`${field} has a pattern that cannot be followed`);
  }
}

/** PEFT's own list: what is named there asks for tying. GPT-2's `wte` is not among them, and asks for none. */
const ASKS_FOR_TYING: readonly string[] = ["embed_tokens", "lm_head"];
const asksForTying = (name: string): boolean => ASKS_FOR_TYING.includes(name.split(".").at(-1) ?? "");
const isEmbedding = (module: string): boolean => asksForTying(module) || module.endsWith(".wte");
const isNamed = (module: string, names: readonly string[]): boolean =>
  names.some((name) => module === name || module.endsWith(`.${name}`));

/** @throws UnclearPattern naming the field. */
export function adapterModules(settings: ModuleSettings): AdapterModules {
  const saved = settings.modules_to_save ?? [];
  const isExcluded = excludes(settings);
  const isTarget = targets(settings);
  const tying = settings.ensure_weight_tying === true;
  const tiesHead = tying && saved.some(asksForTying);
  const tiesPairs = tying && !tiesHead && targetsEmbedding(settings.target_modules, isTarget);
  const rankOf = byPattern("rank_pattern", settings.rank_pattern, settings.r);
  const alphaOf = byPattern("alpha_pattern", settings.alpha_pattern, settings.lora_alpha);
  return {
    pairOf: (module, isLinear = false) => {
      const wanted = tiesPairs && isEmbedding(module) ? true : !isExcluded(module) && isTarget(module, isLinear);
      if (!wanted) return null;
      const rank = rankOf(module);
      return { rank, scale: alphaOf(module) / (settings.use_rslora === true ? Math.sqrt(rank) : rank) };
    },
    // PEFT saves what a module that is named holds, so all below it too.
    isSaved: (module) => withParents(module).some((name) => saved.some((end) => name.endsWith(end))),
    tiesHead,
  };
}

/** A pattern is tried on the bare names alone. */
function targetsEmbedding(wanted: ModuleSettings["target_modules"], isTarget: IsTarget): boolean {
  return typeof wanted === "string" ? ASKS_FOR_TYING.some((name) => isTarget(name, false)) : wanted.some(asksForTying);
}

function withParents(module: string): string[] {
  const parts = module.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

function excludes({ exclude_modules: out, modules_to_save: saved }: ModuleSettings): (module: string) => boolean {
  const named = namesOrPattern("exclude_modules", out ?? []);
  const whole = (saved ?? []).map((name) =>
    known(
      "modules_to_save",
      name,
      modulePattern(name, (inner) => `(^|.*\\.)${inner}($|\\..*)`),
    ),
  );
  // An empty text excludes nothing.
  return (module) => (out !== "" && named(module)) || whole.some((pattern) => pattern.test(module));
}

type IsTarget = (module: string, isLinear: IsLinear) => boolean;

function targets(settings: ModuleSettings): IsTarget {
  const { target_modules: wanted } = settings;
  if (typeof wanted !== "string") {
    const isLayer = layersOf(settings);
    return (module) => isNamed(module, wanted) && isLayer(module);
  }
  // All linear modules but the head.
  if (wanted.toLowerCase() === "all-linear") return (_, isLinear) => isLinear;
  return namesOrPattern("target_modules", wanted);
}

function layersOf({ layers_to_transform: layers, layers_pattern: given }: ModuleSettings): (module: string) => boolean {
  const wanted = typeof layers === "number" ? [layers] : (layers ?? []);
  if (wanted.length === 0) return () => true;
  const names = typeof given === "string" ? (given === "" ? [] : [given]) : (given ?? []);
  const patterns =
    names.length === 0
      ? [/^.*?\.[^.]*\.(?<layer>\d+)\./]
      : names.map((name) =>
          known(
            "layers_pattern",
            name,
            modulePattern(name, (inner) => `(?:^|.*?\\.)${inner}\\.(?<layer>\\d+)\\.`),
          ),
        );
  return (module) => {
    const match = patterns.map((pattern) => pattern.exec(module)).find((each) => each !== null);
    const layer = match?.groups?.["layer"];
    return layer !== undefined && wanted.includes(Number(layer));
  };
}

function byPattern(
  field: string,
  given: Readonly<Record<string, number>> | null | undefined,
  usual: number,
): (module: string) => number {
  const patterns = Object.entries(given ?? {}).map(([key, value]) => ({
    pattern: known(
      field,
      key,
      modulePattern(key, (inner) => `(.*\\.)?(${inner})$`),
    ),
    value,
  }));
  return (module) => patterns.find(({ pattern }) => pattern.test(module))?.value ?? usual;
}

function namesOrPattern(field: string, given: readonly string[] | string): (module: string) => boolean {
  if (typeof given !== "string") return (module) => isNamed(module, given);
  const pattern = known(
    field,
    given,
    modulePattern(given, (inner) => `(?:${inner})$`),
  );
  return (module) => pattern.test(module);
}

function known(field: string, pattern: string, found: RegExp | null): RegExp {
  if (found === null) throw new UnclearPattern(field, pattern);
  return found;
}
