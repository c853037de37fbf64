/** What `npm test` could not install here and has said so; run directly, tests that need it fail instead. */

type Tool = "browser" | "deno" | "poppler" | "redis" | "slurm" | "venv" | "webgpu";

/** @returns whether tests that need the tool are left out. */
export function isWithout(tool: Tool): boolean {
  return (process.env["CODILENS_TESTS_WITHOUT"] ?? "").split(",").includes(tool);
}
