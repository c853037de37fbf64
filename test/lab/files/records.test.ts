/** A run's records as they come from a dropped file: read as the analysis reads them, refused with its sentences, and as edits. */
// @needs engine

import { describe, expect, test } from "vitest";
import { readRecordsFile } from "../../../src/lab/files/records.js";
import { editsOf } from "../../../src/lab/files/run-edits.js";
import { readRecords, recordLine } from "../../../src/records/record-line.js";
import { madeRecords } from "../../support/records.js";

const records = madeRecords({ problems: 3, question: (problem) => `Tom has ${problem} Äpfel 🍎.` });
const text = records.map(recordLine).join("");
const bytes = new TextEncoder().encode(text);

/** In pieces that cut lines and characters anywhere. */
function inPieces(whole: Uint8Array, each: number): Blob {
  const blob = new Blob([whole as Uint8Array<ArrayBuffer>]);
  blob.stream = () =>
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < whole.length; at += each)
          controller.enqueue(new Uint8Array(whole.subarray(at, at + each)));
        controller.close();
      },
    }) as ReturnType<Blob["stream"]>;
  return blob;
}

describe("records", () => {
  test.each([7, 1000, 1_000_000])("are read in pieces of %d bytes", async (each) => {
    const shares: number[] = [];
    const found = await readRecordsFile("records.jsonl", inPieces(bytes, each), {
      onProgress: (share) => void shares.push(share),
    });
    expect([found.records, found.protocol]).toEqual([records.length, "codi"]);
    expect(found.problems.map(({ id }) => id)).toEqual(["p0", "p1", "p2"]);
    expect(found.problems[1]).toMatchObject({ question: "Tom has 1 Äpfel 🍎.", expected: "7" });
    expect(found.problems[0]?.runs.map(({ condition }) => condition)).toEqual([
      "baseline",
      ...[0, 1, 2, 3, 4, 5].map((latent) => `zero latent.${latent} at layer 8`),
    ]);
    expect([shares.at(-1), found.notices]).toEqual([1, []]);
  });

  test("a torn last line is left out and said", async () => {
    const found = await readRecordsFile("r", new Blob([bytes.slice(0, -20)]));
    expect([found.records, found.notices]).toEqual([
      records.length - 1,
      ["The last record was torn by an interruption and is left out."],
    ]);
  });

  test("the baseline stands first wherever its line does, and of a record and its repeat the later one counts", async () => {
    const [baseline, ...others] = madeRecords({ problems: 1 });
    if (baseline?.status !== "ok") throw new Error("The made baseline failed");
    const repeat = { ...baseline, answer: { ...baseline.answer, text: "The answer is: 7." } };
    const lines = [...others, baseline, repeat].map(recordLine).join("");
    const { records: count, problems } = await readRecordsFile("r", new Blob([lines]));
    expect(count).toBe(8);
    expect(problems[0]?.runs.map(({ condition }) => condition)).toEqual([
      "baseline",
      ...others.map(({ condition }) => condition.name),
    ]);
    expect(problems[0]?.runs[0]?.answer).toBe("The answer is: 7.");
  });

  test("what ran with another number of latents is no edit of the page", async () => {
    const [, zeroed] = madeRecords({ problems: 1 });
    if (zeroed === undefined) throw new Error("There is no made record");
    const interventions = ["zero:blocks.8.hook_resid_post@latent.0"];
    const here = { ...zeroed, condition: { ...zeroed.condition, interventions } };
    const fewer = {
      ...here,
      schema: 3 as const,
      key: "ab".repeat(32),
      condition: { ...here.condition, latents: 3 },
    };
    const { problems } = await readRecordsFile("r", new Blob([[here, fewer].map(recordLine).join("")]));
    expect(problems[0]?.runs.map(({ edits }) => edits?.length ?? null)).toEqual([1, null]);
  });

  test("what the command line refuses is refused with the same sentence", async () => {
    const changed = (from: string, to: string): Uint8Array<ArrayBuffer> =>
      new TextEncoder().encode(text.replace(from, to));
    const hostile = [
      changed("The answer is: 7", "The answer is: 9"),
      changed('"schema":1', '"schema":99'),
      new TextEncoder().encode("{}\n"),
      new TextEncoder().encode("\n"),
      new TextEncoder().encode(`${"[".repeat(100_000)}\n`),
      Uint8Array.of(0xff, 0xfe, 0x0a),
      new TextEncoder().encode('{"__proto__":1,"checksum":"0123456789abcdef"}\n'),
    ];
    for (const each of hostile) {
      let sentence = "";
      try {
        readRecords(each, "r");
      } catch (error) {
        sentence = (error as Error).message;
      }
      expect(sentence).not.toBe("");
      await expect(readRecordsFile("r", new Blob([each]))).rejects.toThrow(sentence);
    }
  });

  test("an empty file, a line without end and a stop are refused", async () => {
    await expect(readRecordsFile("r", new Blob([]))).rejects.toThrow("r holds no record");
    await expect(readRecordsFile("r", new Blob([new Uint8Array(2 ** 25 + 2)]))).rejects.toThrow(/a line of more than/);
    await expect(readRecordsFile("r", new Blob([bytes]), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe("conditions as edits", () => {
  test("what the page can do is an edit", () => {
    expect(editsOf(["zero:blocks.8.hook_resid_post@latent.2"])).toEqual([
      { id: 1, target: { kind: "cell", block: 8, latent: 2 }, operation: { kind: "zero" }, on: true },
    ]);
    expect(editsOf(["scale(0.5):blocks.3.attn.hook_z[head.1]@latent.0,latent.4"])).toEqual(
      [0, 4].map((latent, place) => ({
        id: place + 1,
        target: { kind: "head", block: 3, head: 1, latent },
        operation: { kind: "scale", by: 0.5 },
        on: true,
      })),
    );
    expect(editsOf(["knockout(eot→latent.2):blocks.8.attn.hook_pattern[head.3]@eot"])).toEqual([
      {
        id: 1,
        target: { kind: "edge", block: 8, head: 3, query: "eot", key: "latent.2" },
        operation: { kind: "cut" },
        on: true,
      },
    ]);
    expect(editsOf([])).toEqual([]);
  });

  test.each([
    "mean:blocks.8.hook_resid_post@latent.2",
    "noise(1):blocks.8.hook_resid_post@latent.2",
    "zero:blocks.8.hook_resid_post@latent.2!pin",
    "zero:blocks.8.hook_resid_post@question.2",
    "zero:blocks.*.hook_resid_post@latent.2",
    "zero:blocks.8.hook_resid_post[dims.3]@latent.2",
    "zero:latents.hook_input@latent.2",
    "scale(9):blocks.8.hook_resid_post@latent.2",
    "knockout(eot→latent.2+latent.3):blocks.8.attn.hook_pattern@eot",
    "knockout(eot→latent.2,raw):blocks.8.attn.hook_pattern@eot",
    "<script>",
  ])("%s is none", (text) => {
    expect(editsOf([text])).toBeNull();
    expect(editsOf(["zero:blocks.8.hook_resid_post@latent.2", text])).toBeNull();
  });
});
