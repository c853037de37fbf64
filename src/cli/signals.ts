/** SIGINT, SIGTERM and SIGHUP as an abort signal and an exit code. */

/**
 * One key press may arrive twice: a terminal signals the whole process group, and npm passes its own signal on to us; `timeout` signals
 * its child and then its group. What comes so soon after the first is the first again.
 */
const SAME_PRESS_MS = 500;

/** What a command knows of the user's wish to stop. */
export interface StopSignals {
  /** Aborted half a second after the first signal, when it is known that the next one is another. */
  readonly signal: AbortSignal;
  /** Whether a signal came, be it a moment ago. */
  readonly isAsked: () => boolean;
  /** 130 or 143, by the first signal. */
  readonly exitCode: () => number;
  /** Gives the signals back to the system, which ends the process by them. */
  readonly release: () => void;
}

/**
 * The first signal asks the work in flight to end; the second ends at once (files on disk stay whole).
 *
 * @param atOnce called before the second one ends the process.
 */
export function stopOnSignals(atOnce: () => void = () => undefined): StopSignals {
  const controller = new AbortController();
  let code: number | null = null;
  let window: NodeJS.Timeout | undefined;
  const handler = (name: NodeJS.Signals): void => {
    if (code === null) {
      code = name === "SIGINT" ? 130 : 143;
      window = setTimeout(() => controller.abort(), SAME_PRESS_MS);
    } else if (controller.signal.aborted) {
      atOnce();
      process.exit(code);
    }
  };
  const names: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) process.on(name, handler);
  return {
    signal: controller.signal,
    isAsked: () => code !== null,
    exitCode: () => code ?? 130,
    release: () => {
      clearTimeout(window);
      for (const name of names) process.off(name, handler);
    },
  };
}
