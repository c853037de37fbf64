/** Builds the page into `dist/lab` where a source of it changed. */
export function ensureLab(): Promise<void>;
