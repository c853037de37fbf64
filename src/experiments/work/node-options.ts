/** Which of Node's own options a process hands on to one that it starts. */

/** They say what runs here, and no file can be run with them. */
const OF_THE_PROGRAM = /^(?:-[ceip]|-pe|--(?:check|eval|interactive|print|input-type|run|test|watch)(?:-[\w-]+)?)$/;

/** One debugger's port, which another process cannot have too. */
const OF_THE_DEBUGGER = /^--(?:inspect|debug)(?:-[\w-]+)?$/;

/** Of those, the ones whose value may be the next word. */
const HAS_VALUE = /^(?:-[ep]|-pe|--(?:eval|print|input-type|run|watch-path|test-[\w-]+|inspect-port|debug-port))$/;

/**
 * Options with which a file can be run: what is loaded first, how much memory there is, and all others but those of a program that is no
 * file (`node --input-type=module -e …`), of a watcher or of a debugger.
 */
export function optionsForFile(given: readonly string[] = process.execArgv): string[] {
  const kept: string[] = [];
  for (let place = 0; place < given.length; place++) {
    const word = given[place] ?? "";
    const [name = ""] = word.split("=", 1);
    const isLeftOut = OF_THE_PROGRAM.test(name) || OF_THE_DEBUGGER.test(name);
    if (!isLeftOut) kept.push(word);
    else if (HAS_VALUE.test(word) && given[place + 1]?.startsWith("-") === false) place++;
  }
  return kept;
}
