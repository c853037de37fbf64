/** Files that hold no rows which can be read: each named for what it is, with what to do about it. */

import { BadInputError } from "../../base/errors.js";

/** How a kind is known: bytes at the file's beginning, or at `at`. */
interface Kind {
  readonly start: readonly number[];
  readonly at?: number;
  readonly what: string;
  readonly hint: string;
}

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));
const UNPACK = "unpack it and give the data file inside";
const AS_PARQUET = "save its rows as parquet or JSONL and give that file";

const KINDS: readonly Kind[] = [
  { start: ascii("PK\x03\x04"), what: "a zip archive", hint: UNPACK },
  { start: [0x28, 0xb5, 0x2f, 0xfd], what: "packed with zstd", hint: "unpack it first: zstd -d" },
  { start: ascii("BZh"), what: "packed with bzip2", hint: "unpack it first: bunzip2" },
  { start: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], what: "packed with xz", hint: "unpack it first: unxz" },
  { start: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], what: "a 7z archive", hint: UNPACK },
  { start: ascii("ustar"), at: 257, what: "a tar archive", hint: UNPACK },
  { start: ascii("ARROW1"), what: "an Arrow file", hint: AS_PARQUET },
  { start: [0xff, 0xff, 0xff, 0xff], what: "an Arrow stream", hint: AS_PARQUET },
  { start: ascii("SQLite format 3"), what: "an SQLite database", hint: AS_PARQUET },
  { start: ascii("%PDF"), what: "a PDF", hint: "give the data file" },
  { start: [0x80, 0x04, 0x95], what: "a Python pickle, which can run code and is never opened", hint: AS_PARQUET },
  { start: [0x80, 0x05, 0x95], what: "a Python pickle, which can run code and is never opened", hint: AS_PARQUET },
];

/** @throws BadInputError for what is known not to be rows of text or parquet. @param name of the file, for the message. */
export function refuseForeign(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0) throw new BadInputError(`${name} is empty`, "download or write it again");
  const kind = KINDS.find(({ start, at = 0 }) => start.every((byte, i) => bytes[at + i] === byte));
  if (kind !== undefined) throw new BadInputError(`${name} is ${kind.what}`, kind.hint);
  const encoding = wideEncoding(bytes);
  if (encoding !== null)
    throw new BadInputError(
      `${name} is text in ${encoding}, wanted UTF-8`,
      `convert it: iconv -f ${encoding} -t UTF-8 FILE > rows.jsonl`,
    );
  if (bytes.subarray(0, HEAD).includes(0))
    throw new BadInputError(`${name} is a binary file of no known kind`, "give JSONL, a JSON array or parquet");
  refuseText(new TextDecoder().decode(bytes.subarray(0, HEAD)).trimStart(), name);
}

const HEAD = 1024;

function refuseText(head: string, name: string): void {
  if (/^version https:\/\/git-lfs/.test(head))
    throw new BadInputError(
      `${name} is a Git LFS pointer: the data itself was not downloaded`,
      "run git lfs pull in its repository, or download the file itself",
    );
  if (/^(?:<!doctype html|<html|<head|<body)/i.test(head))
    throw new BadInputError(
      `${name} is an HTML page, not the data that it shows`,
      "download the file itself; on the hub its address has /resolve/ where the page's has /blob/",
    );
  if (head.startsWith("<?xml")) throw new BadInputError(`${name} is XML`, "convert it to JSONL");
  const [line = ""] = head.split("\n", 1);
  if (/^[\w "]*(?:question|problem|answer|input)[\w "]*[,;\t]/i.test(line))
    throw new BadInputError(
      `${name} looks like a table of comma- or tab-separated values: its first line is ${JSON.stringify(line.slice(0, 60))}`,
      `convert it: python3 -c "import pandas; pandas.read_csv('FILE').to_json('rows.jsonl', orient='records', lines=True)"`,
    );
}

/** By its byte-order mark; without one by where the NUL bytes of plain letters stand. */
function wideEncoding(bytes: Uint8Array): string | null {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "UTF-32LE" : "UTF-16LE";
  if (a === 0xfe && b === 0xff) return "UTF-16BE";
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return "UTF-32BE";
  const head = bytes.subarray(0, 64);
  const zeros = [0, 1].map((side) => head.filter((byte, i) => i % 2 === side && byte === 0).length);
  const enough = head.length / 4;
  if ((zeros[1] ?? 0) > enough && (zeros[0] ?? 0) === 0) return "UTF-16LE";
  if ((zeros[0] ?? 0) > enough && (zeros[1] ?? 0) === 0) return "UTF-16BE";
  return null;
}
