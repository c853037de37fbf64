/** `codilens lab`: the page that edits latents by hand, served on this machine, or written as a folder for any host. The model computes in the browser. */

import { resolve } from "node:path";
import { printableLines } from "../arguments.js";
import { pageFiles } from "../lab/page-files.js";
import { servePage } from "../lab/serve.js";
import { writeFolder } from "../lab/write-folder.js";
import { showPage } from "../show-page.js";

/** The command's options. */
export interface LabCommandOptions {
  readonly build?: string;
  readonly port: number;
  readonly open: boolean;
  readonly json: boolean;
}

/** Runs the command; a served page stays until the command is stopped. @throws as `servePage` and `writeFolder`. */
export async function lab({ build, port, open, json }: LabCommandOptions): Promise<void> {
  const files = pageFiles();
  if (build !== undefined) {
    const folder = resolve(build);
    const written = writeFolder(files, folder);
    print(json, {
      document: { folder, ...written },
      text: `page: ${folder} (${written.files} files, ${(written.bytes / 1e6).toFixed(1)} MB)\nany static server can serve it; it asks for nothing outside this folder`,
    });
    return;
  }
  const { url } = await servePage(files, port);
  const trouble = open ? await showPage({ place: url, name: "address" }).catch((error: Error) => error.message) : null;
  const opened = open && trouble === null;
  print(json, {
    document: { url, opened, reason: trouble },
    text: `page: ${url}${trouble === null ? "" : `\nnot opened: ${trouble}`}\nstop it with Ctrl-C`,
  });
}

interface Printed {
  readonly document: Readonly<Record<string, unknown>>;
  readonly text: string;
}

function print(json: boolean, { document, text }: Printed): void {
  const shown = json ? JSON.stringify({ schema: 1, status: "complete", ...document }, null, 2) : printableLines(text);
  process.stdout.write(`${shown}\n`);
}
