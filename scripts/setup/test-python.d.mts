/** Where the environment lies, and what it is made of; by default this process's cache and the repository's list. */
export interface TestPythonOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A file of pip's. */
  readonly requirements?: string;
}

/** Folder of the tests' Python environment, which need not exist. */
export function testPythonFolder(options?: TestPythonOptions): string;

/** Makes it where it is not there yet. @returns `["venv"]` where it could not be made, else nothing. */
export function ensureTestPython(options?: TestPythonOptions): Promise<string[]>;
