/** The files of a drop or a choice, with their paths. A folder is walked as far as a checkpoint or a run goes down. */

import type { DroppedFile } from "../../files/dropped.js";

const DEEPEST = 2;
const MOST = 10_001;

/** Everything that was dropped. Call it while the event is handled: afterwards the browser has forgotten what it was. */
export async function filesOfDrop(transfer: DataTransfer): Promise<DroppedFile[]> {
  const items = [...transfer.items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: DroppedFile[] = [];
  for (const { entry, file } of items) {
    if (entry !== null) await walk(entry, { depth: 0, found });
    // What no file system holds, such as an attachment of a mail program, has no entry.
    else if (file !== null) found.push({ path: file.name, blob: file });
  }
  return found;
}

/** What an input's button chose: files, or a folder, whose paths the browser gives. */
export function filesOfInput(input: HTMLInputElement): DroppedFile[] {
  return [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
}

async function walk(
  entry: FileSystemEntry,
  { depth, found }: { readonly depth: number; readonly found: DroppedFile[] },
): Promise<void> {
  if (found.length >= MOST) return;
  if (entry.isFile) {
    const blob = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    found.push({ path: entry.fullPath.replace(/^\//, ""), blob });
  } else if (entry.isDirectory && depth <= DEEPEST) {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A folder comes some entries at a time, until there are none.
    for (let some = await next(reader); some.length > 0; some = await next(reader))
      for (const each of some) await walk(each, { depth: depth + 1, found });
  }
}

function next(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((done, failed) => reader.readEntries(done, failed));
}
