/** What a caller gave in place of something else, for messages. */

/** A few words: `missing`, `"latent.2"`, `a function`. */
export function described(given: unknown): string {
  if (given === undefined) return "missing";
  if (given === null) return "null";
  if (typeof given === "string") return JSON.stringify(given);
  if (Array.isArray(given)) return "a list";
  return typeof given === "object" ? "an object of another kind" : `a ${typeof given}`;
}
