/** A protocol of one's own in the page: `codilens lab --protocol` puts its file beside the page, from where alone the page's policy lets it come. */

import { BadInputError } from "../../base/errors.js";
import type { OwnProtocol } from "../../browser.js";
import type { ProtocolFile } from "../edits/edit.js";
import { PAGE_FOLDER } from "./files.js";

/** Its definition, and where a program finds it. */
export interface FoundProtocol {
  readonly protocol: OwnProtocol;
  readonly from: ProtocolFile;
}

/** @param file below the page's folder. @throws BadInputError where it does not load, or exports none. */
export async function ownProtocol(file: string): Promise<FoundProtocol> {
  const name = file.replace(/^own\//, "");
  const exported = (await import(/* @vite-ignore */ `${PAGE_FOLDER}${file}`).catch((error: Error) => {
    throw new BadInputError(
      `${name} does not load: ${error.message}`,
      "a protocol in the page can import nothing but files beside it",
    );
  })) as Readonly<Record<string, unknown>>;
  const key = (["default", "protocol"] as const).find((each) => typeof exported[each] === "object");
  const found = key === undefined ? null : exported[key];
  if (key === undefined || found === null)
    throw new BadInputError(`${name} exports no protocol`, "export it as default, or by the name protocol");
  return { protocol: found as OwnProtocol, from: { file: `./${name}`, exported: key } };
}
