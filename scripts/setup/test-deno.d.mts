/** Path of Deno's program, which need not exist. */
export function denoProgram(env?: Readonly<Record<string, string | undefined>>): string;

/** Installs it where it is not there yet. @returns `["deno"]` where it could not be installed, else nothing. */
export function ensureTestDeno(env?: Readonly<Record<string, string | undefined>>): Promise<string[]>;
