/** The per-user cache folder, the same that the set-up keeps the engine in. */

export { cacheRoot as userCache } from "../../scripts/setup/cache-folder.mjs";
