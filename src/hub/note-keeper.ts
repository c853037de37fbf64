/** Keeps the note of a download in step with what was checked, so that a kill at any moment loses nothing. */

import type { HubFile } from "./client.js";
import type { LocalFile } from "./local-files.js";
import type { DownloadTask } from "./request.js";
import { type CheckedFile, type DownloadNote, writeNote } from "./verified-note.js";

/** Keeps the note on disk in step with what was checked. */
export class NoteKeeper {
  readonly #dir: string;
  readonly #selection: readonly string[];
  readonly #files = new Map<string, CheckedFile>();
  readonly #parts = new Map<string, DownloadNote["parts"][number]>();
  readonly #fixed: Omit<DownloadNote, "selection" | "files" | "parts">;

  constructor(task: DownloadTask, earlier: DownloadNote | null, found: ReadonlyMap<string, LocalFile>) {
    const { request, context, commit, wanted } = task;
    const { repository, revision, include, dir } = request;
    this.#dir = dir;
    this.#selection = wanted.map(({ name }) => name);
    this.#fixed = {
      schema: 1,
      repository,
      revision,
      commit,
      endpoint: new URL(context.settings.endpoint).host,
      include: [...include],
    };
    if (earlier !== null && !isOther(task, earlier)) for (const each of earlier.files) this.#files.set(each.name, each);
    for (const each of earlier?.parts ?? []) this.#parts.set(each.name, each);
    for (const [name, local] of found) {
      if (local.kind === "right") this.#files.set(name, local.checked);
      else this.#files.delete(name);
    }
    this.#write();
  }

  /** The ETag that a part came under, if the part is of this content. */
  etagOf({ name, identity }: HubFile): string | null {
    const part = this.#parts.get(name);
    return part?.hash === identity.hex ? part.etag : null;
  }

  remember({ name, identity }: HubFile, etag: string | null): void {
    if (etag === null) this.#parts.delete(name);
    else this.#parts.set(name, { name, etag, hash: identity.hex });
    this.#write();
  }

  done(checked: CheckedFile): void {
    this.#files.set(checked.name, checked);
    this.#parts.delete(checked.name);
    this.#write();
  }

  selected(): CheckedFile[] {
    return this.#selection.flatMap((name) => this.#files.get(name) ?? []);
  }

  #write(): void {
    writeNote(this.#dir, {
      ...this.#fixed,
      selection: [...this.#selection],
      files: [...this.#files.values()],
      parts: [...this.#parts.values()],
    });
  }
}

/** Whether a note is of another repository or commit than the task. */
export function isOther({ request, commit }: DownloadTask, note: DownloadNote): boolean {
  return note.repository !== request.repository || note.commit !== commit;
}
