/** Where the control model's run lies. */

/** Folder below a run's own: a run of its own, with its records, manifest and log. */
export const CONTROL_FOLDER = "control";
