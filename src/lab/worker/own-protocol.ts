/** A protocol of one's own in the page: `codilens lab --protocol` puts its file beside the page, from where alone the page's policy lets it come. */

import { BadInputError } from "../../base/errors.js";
import { exportedObject } from "../../base/exported.js";
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
  const found = exportedObject(exported, "protocol");
  if ("wrong" in found)
    throw new BadInputError(`${name}: ${found.wrong}`, "write: export default { name: …, like: … }");
  return { protocol: found.value as OwnProtocol, from: { file: `./${name}`, exported: found.key } };
}
