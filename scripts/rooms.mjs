/** The rooms of `src`, from left to right: a file imports from its own room and from those to its left. */
export const ROOMS = [
  { name: "base", holds: "errors, hashes, ranges, seeded random numbers, linear algebra" },
  { name: "disk", holds: "files that are written whole, locks, the user's cache" },
  { name: "statistics", holds: "one test or estimate a file" },
  { name: "model", holds: "tensors, checkpoints, tokenizers, hooks, decoder, latent loop" },
  { name: "exhibits", holds: "the figures and tables that a study shows" },
  { name: "studies", holds: "one folder a study: what it runs, reads, finds and shows" },
  { name: "records", holds: "one problem under one condition, kept with a checksum" },
  { name: "experiments", holds: "problems, plan, jobs, and the processes that compute them" },
  { name: "hub", holds: "downloads that resume and are checked" },
  { name: "weights", holds: "inspect, verify and convert a checkpoint" },
  { name: "analysis", holds: "records in; report, figures, tables and LaTeX out" },
  { name: "library", holds: "what scripts and notebooks use beside the model: sweeps, labelled results, drawings" },
  { name: "cli", holds: "the commands" },
  { name: "entries", holds: "the files that package.json exports" },
  { name: "lab", holds: "the page: edits, session, worker and panels, built by Vite" },
];

/** @returns the place in ROOMS of a file of `src`; a file that stands in no folder is an entry. */
export function roomOf(file) {
  const [, folder, ...rest] = file.split("/");
  return ROOMS.findIndex(({ name }) => name === (rest.length === 0 ? "entries" : folder));
}
