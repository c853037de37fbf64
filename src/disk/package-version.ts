/** Which version of the package this is. */

import { readFileSync } from "node:fs";

/** Version of the package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;
}
