/** Gives a page to the system's browser. */

import { spawn } from "node:child_process";
import { EnvironmentError } from "../base/errors.js";

/** What is opened: a file's path or an address; and what it is called where it was not opened. */
export interface Shown {
  readonly place: string;
  readonly name: "file" | "address";
}

/**
 * Gives the page to the system's browser.
 *
 * @returns why nothing was opened, or null.
 * @throws EnvironmentError where the system's opener fails.
 */
export function showPage({ place, name }: Shown): Promise<string | null> {
  const { platform, env } = process;
  const hasScreen = platform === "darwin" || platform === "win32" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
  if (!hasScreen) return Promise.resolve(`there is no display here; open the ${name} in a browser`);
  const [program, ...args] = OPENERS[platform] ?? ["xdg-open"];
  return new Promise((done, fail) => {
    // Most openers end at once. One that stays is the browser itself, which must not hold the command.
    const child = spawn(program, [...args, place], { detached: true, stdio: "ignore" });
    const opened = (): void => {
      clearTimeout(patience);
      child.unref();
      done(null);
    };
    const patience = setTimeout(opened, PATIENCE_MS);
    const failed = (how: string): void => {
      clearTimeout(patience);
      fail(new EnvironmentError(`${program} ${how}, so ${place} was not opened`, `open the ${name} in a browser`));
    };
    child.once("error", ({ message }) => failed(`could not be started (${message})`));
    child.once("exit", (code) => (code === 0 ? opened() : failed(`ended with ${code}`)));
  });
}

const PATIENCE_MS = 3000;

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  // `start` takes its first quoted argument for a window's title.
  win32: ["cmd", "/c", "start", ""],
};
