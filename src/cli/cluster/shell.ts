/** Words as a shell reads them back. */

/** The word as it stands where no shell would change it, else in single quotes. */
export function quoted(word: string): string {
  return /^[\w./,:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command with each word quoted. */
export function commandText(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** What surrounds a command that is waited for. */
export interface Surroundings {
  /** Run once the command has started: traps. */
  readonly started?: readonly string[];
  /** Run once it has ended, with its exit code in `code`. */
  readonly ended?: readonly string[];
}

/**
 * Lines that run a command and end with its exit code, in any POSIX shell. SIGTERM reaches the command, which keeps what is computed and
 * ends with 143. A trap of another signal does the same as the one for SIGTERM: it sets `stopped`.
 */
export function supervised(command: string, { started = [], ended = [] }: Surroundings = {}): string[] {
  return [
    `${command} &`,
    "run=$!; stopped=",
    "trap 'stopped=yes; kill -TERM \"$run\"' TERM",
    ...started,
    'wait "$run"; code=$?',
    "# A signal ends a wait early, and the command is waited for again; 127: it had ended.",
    'while [ -n "$stopped" ]; do',
    "  stopped=",
    '  wait "$run"; last=$?; [ "$last" = 127 ] || code=$last',
    "done",
    ...ended,
    "# 6: finished with failed items. They are in the records, and codilens merge reports them.",
    '[ "$code" = 6 ] && code=0',
    'exit "$code"',
  ];
}
