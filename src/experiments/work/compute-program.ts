/** The file that a computing process runs. */

/** Beside this one where the package is built. */
export const COMPUTE_PROGRAM = new URL("./compute-child.js", import.meta.url);
