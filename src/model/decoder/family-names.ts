/** The families of language models by name, as `model_type` in `config.json` writes them. */

/** All names. */
export const FAMILY_NAMES = ["llama", "gpt2", "qwen2"] as const;

/** Name of a family. */
export type FamilyName = (typeof FAMILY_NAMES)[number];

/** How each is called in a sentence. */
export const FAMILY_TITLES: Readonly<Record<FamilyName, string>> = { llama: "LLaMA", gpt2: "GPT-2", qwen2: "Qwen2" };
