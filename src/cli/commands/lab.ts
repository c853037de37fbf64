/** `codilens lab`: the page that edits latents by hand, served on this machine, or written as a folder for any host. The model computes in the browser. */

import { basename, resolve } from "node:path";
import { UsageError } from "../../base/errors.js";
import { loadProtocolFile } from "../../experiments/plan/protocol-file.js";
import { printableLines } from "../arguments.js";
import { pageFiles } from "../lab/page-files.js";
import { servePage } from "../lab/serve.js";
import { writeFolder } from "../lab/write-folder.js";
import { showPage } from "../show-page.js";

/** The command's options. */
export interface LabCommandOptions {
  readonly build?: string;
  /** A protocol of one's own, as a path. */
  readonly protocol?: string;
  readonly port: number;
  readonly open: boolean;
  readonly json: boolean;
}

/** Runs the command; a served page stays until the command is stopped. @throws as `servePage` and `writeFolder`. */
export async function lab({ build, port, open, json, protocol }: LabCommandOptions): Promise<void> {
  const own = protocol === undefined ? null : await ownFile(protocol);
  const files = new Map([...pageFiles(), ...(own === null ? [] : [own])]);
  const query = own === null ? "" : `?protocol=${own[0]}`;
  if (build !== undefined) {
    const folder = resolve(build);
    const written = writeFolder(files, folder);
    print(json, {
      document: { folder, ...written },
      text: `page: ${folder} (${written.files} files, ${(written.bytes / 1e6).toFixed(1)} MB)\nany static server can serve it; it asks for nothing outside this folder${query === "" ? "" : `\nwith the protocol: index.html${query}`}`,
    });
    return;
  }
  const { url: root } = await servePage(files, port);
  const url = `${root}${query}`;
  const trouble = open ? await showPage({ place: url, name: "address" }).catch((error: Error) => error.message) : null;
  const opened = open && trouble === null;
  print(json, {
    document: { url, opened, reason: trouble },
    text: `page: ${url}${trouble === null ? "" : `\nnot opened: ${trouble}`}\nstop it with Ctrl-C`,
  });
}

/** The protocol's file as a part of the page. @throws BadInputError where it is none, UsageError for one that is no single file. */
async function ownFile(path: string): Promise<[string, string]> {
  const { program } = await loadProtocolFile(resolve(path));
  const name = basename(program.path);
  if (program.entry !== program.path || !/^[\w-]+(?:\.[\w-]+)*\.m?js$/.test(name))
    throw new UsageError(
      `The page takes a protocol as one file whose name ends in .mjs or .js, found ${JSON.stringify(path)}`,
      "put it into one file with a plain name",
    );
  return [`own/${name}`, program.path];
}

interface Printed {
  readonly document: Readonly<Record<string, unknown>>;
  readonly text: string;
}

function print(json: boolean, { document, text }: Printed): void {
  const shown = json ? JSON.stringify({ schema: 1, status: "complete", ...document }, null, 2) : printableLines(text);
  process.stdout.write(`${shown}\n`);
}
