/** SIGINT, SIGTERM and SIGHUP as an abort signal and an exit code. */

/** The first signal asks the work in flight to end; the second ends at once (files on disk stay whole). */
export function stopOnSignals(): { signal: AbortSignal; exitCode: () => number; release: () => void } {
  const controller = new AbortController();
  let code = 130;
  const handler = (name: NodeJS.Signals): void => {
    code = name === "SIGINT" ? 130 : 143;
    if (controller.signal.aborted) process.exit(code);
    controller.abort();
  };
  const names: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) process.on(name, handler);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const name of names) process.off(name, handler);
    },
  };
}
