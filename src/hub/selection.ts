/** Which files of a repository a checkpoint needs. */

const ALWAYS = new Set([
  "config.json",
  "codi.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "generation_config.json",
  "adapter_config.json",
]);

/** Weights of one kind, and what stands for them where there is no safetensors file of that kind. */
const KINDS: readonly { readonly safetensors: RegExp; readonly pickled: RegExp }[] = [
  { safetensors: /^prj.*\.safetensors$/, pickled: /^prj\.bin$/ },
  { safetensors: /^adapter_model.*\.safetensors$/, pickled: /^adapter_model\.bin$/ },
  {
    safetensors: /^(?!prj|adapter_model).*\.safetensors$/,
    // The last as Coconut's trainer and its offspring call them: without a suffix.
    pickled: /^(?:pytorch_model.*\.bin|.*\.bin\.index\.json|checkpoint_\w+)$/,
  },
];

/** What a tokenizer is made from where there is no `tokenizer.json`. */
const OLDER_TOKENIZER = new Set(["vocab.json", "merges.txt"]);

/**
 * The default choice: configuration, tokenizer, weights, licence and README at the top of the repository. Subfolders
 * hold other formats and training states, so they are taken only by `--include`.
 */
export function checkpointFiles(names: readonly string[]): string[] {
  const pickled = KINDS.filter(({ safetensors }) => !names.some((name) => safetensors.test(name))).map(
    (kind) => kind.pickled,
  );
  return names.filter(
    (name) =>
      ALWAYS.has(name) ||
      (OLDER_TOKENIZER.has(name) && !names.includes("tokenizer.json")) ||
      /^[^/]*\.safetensors(?:\.index\.json)?$/.test(name) ||
      /^(?:LICEN[CS]E|README)(?:\.[A-Za-z]+)?$/i.test(name) ||
      pickled.some((pattern) => pattern.test(name)),
  );
}

/** Names that match one of the globs: `*` stands for anything, `/` too, and `?` for one character. */
export function matching(names: readonly string[], globs: readonly string[]): string[] {
  const patterns = globs.map((glob) => {
    const escaped = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${escaped.replace(/\*+/g, ".*").replace(/\?/g, ".")}$`, "s");
  });
  return names.filter((name) => patterns.some((pattern) => pattern.test(name)));
}
