/** A protocol of one's own from a file, as `--protocol` names it: known in every process of a run by loading the same file. */

import { CodiLensError, RunFolderError } from "../../base/errors.js";
import { exportedObject } from "../../base/exported.js";
import {
  importOwnProgram,
  isProgramPath,
  type OwnProgram,
  openOwnProgram,
  type ProgramKind,
  programRefusal,
} from "../../disk/own-program.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import { namedProtocol, type OwnProtocol } from "../../model/latent/protocols/own.js";

/** A protocol's file, and what tells that it is the same as when the run was planned. */
export interface ProtocolFile {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
}

/** A protocol that was loaded. */
export interface LoadedProtocol extends ProtocolFile {
  readonly name: AnyProtocol;
  readonly protocol: OwnProtocol;
  readonly program: OwnProgram;
}

const KIND: ProgramKind = {
  name: "Protocol file",
  holds: "the protocol",
  option: "--protocol",
  hint: "docs/protocols.md, “A protocol in a file”, shows a whole one",
};

/** Is it the path of a protocol's file, and not a protocol's name? */
export const isProtocolFile = isProgramPath;

/** Reads the file and runs none of it. @throws BadInputError where nothing is there. */
export function protocolFile(path: string): ProtocolFile {
  return { path, sha256: openOwnProgram(path, KIND).sha256 };
}

/**
 * Loads a protocol's program, which can do whatever the user can, and makes the protocol known by its name.
 *
 * @param path of a file, or of a folder with index.mjs. @throws BadInputError naming the path and what is wrong with it.
 */
export async function loadProtocolFile(path: string): Promise<LoadedProtocol> {
  const program = openOwnProgram(path, KIND);
  const exported = await importOwnProgram(program, program.entry, { version: program.sha256 });
  const found = exportedObject(exported, "protocol");
  if ("wrong" in found)
    throw programRefusal(program, found.wrong, { hint: "write: export default { name: …, like: … }" });
  try {
    const own = found.value as OwnProtocol;
    return { path, sha256: program.sha256, name: namedProtocol(own), protocol: own, program };
  } catch (error) {
    // What is wrong with a protocol that is given in code is its caller's fault; here it is the file's.
    if (!(error instanceof CodiLensError)) throw error;
    throw programRefusal(program, error.message, { hint: error.hint });
  }
}

/** @throws RunFolderError where the file is not what it was when the run was planned. */
export async function loadSameProtocol({ path, sha256 }: ProtocolFile): Promise<LoadedProtocol> {
  const loaded = await loadProtocolFile(path);
  if (loaded.sha256 === sha256) return loaded;
  throw new RunFolderError(
    `The protocol file changed after the run was planned: ${path}`,
    "leave it alone, and start again with another --out",
  );
}
