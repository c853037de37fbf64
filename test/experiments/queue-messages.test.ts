/** What goes through a queue: jobs and results as checked data, and how what is wrong with them is refused. */
// @needs engine, time

import { createHash } from "node:crypto";
import { brotliCompressSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { compute } from "../../src/experiments/jobs/compute.js";
import type { Job } from "../../src/experiments/jobs/job.js";
import { withKey } from "../../src/experiments/jobs/job.js";
import { narrowed } from "../../src/experiments/jobs/narrow.js";
import { jobsOf, recordKeys } from "../../src/experiments/jobs/plan-jobs.js";
import { prepare } from "../../src/experiments/plan/prepare.js";
import { queueAddress, withoutPasswords } from "../../src/experiments/queue/address.js";
import { failedJob, lostJobOf, lostText } from "../../src/experiments/queue/failure-message.js";
import { jobMessage, jobOf, MOST_JOB_BYTES } from "../../src/experiments/queue/job-message.js";
import { noteOf, type PackedResult, packResult, recordsOf } from "../../src/experiments/queue/result-message.js";
import { workerStateOf } from "../../src/experiments/queue/run-message.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { recordLine } from "../../src/records/record-line.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";
import { temporaryFolder } from "../support/temporary.js";
import { loadTiny } from "../support/tiny.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const model = await loadTiny();
afterAll(() => model.dispose());

async function allJobs(): Promise<Job[]> {
  const options = tinyExperiment(temporaryFolder("codilens-queue-"), 3, { studies: STUDY_NAMES, dryRun: true });
  const setup = await prepare(options, { startEngine: ({ threads }) => startEngine("auto", { threads }) });
  return [...jobsOf(setup, recordKeys(setup))].map(({ job }) => job);
}
const jobs = await allJobs();
const [firstJob] = jobs;
if (firstJob === undefined) throw new Error("no job is planned");
const [one] = firstJob.problems;
if (one === undefined) throw new Error("a job has no problem");
/** One problem under the baseline and two others. */
const small = narrowed(firstJob, [one], [0, 1, 2]);
const records = await compute(model, small, { notice: () => undefined });

describe("a job as a message", () => {
  test("of every study is read back as it was, and is small", () => {
    expect(jobs.length).toBeGreaterThan(10);
    for (const job of jobs) expect(jobOf(jobMessage(job), job.key)).toEqual(job);
    expect(Math.max(...jobs.map((job) => jobMessage(job).length))).toBeLessThan(400_000);
  });

  /** The small job with something changed, under a name that fits its content. */
  const changed = (more: object): readonly [string, string] => {
    const { key: _, ...rest } = small;
    const job = withKey({ ...rest, ...more } as Omit<Job, "key">);
    return [JSON.stringify(job), job.key];
  };
  const [baseline] = small.conditions;

  test.each([
    ["no text", [{ key: small.key }, small.key], /it is no text/],
    ["no JSON", ["{", small.key], /JSON/],
    ["too large", ["x".repeat(MOST_JOB_BYTES + 1), small.key], /at most 4194304 are read/],
    ["another job's content", [jobMessage(small), "0".repeat(64)], /does not fit its name/],
    ["a number changed", [jobMessage(small).replace('"latents":6', '"latents":5'), small.key], /does not fit its name/],
    ["a field that nobody knows", changed({ code: "process.exit()" }), /code/],
    ["no problem", changed({ problems: [] }), /problems/],
    ["a study's path", changed({ studies: ["/tmp/mine.mjs"] }), /studies/],
    ["a function's text", changed({ conditions: [{ ...baseline, forQuestion: "() => 1" }] }), /forQuestion/],
    [
      "an address that is none",
      changed({
        conditions: [
          {
            ...baseline,
            interventions: [
              { operation: { kind: "zero" }, site: "x", addresses: ["nowhere"], downstream: "propagate" },
            ],
          },
        ],
      }),
      /nowhere/,
    ],
    ["rows below nothing", changed({ settings: { ...small.settings, rows: 0 } }), /settings\.rows/],
    ["a key too few", changed({ problems: [{ ...one, keys: [] }] }), /one key a condition/],
  ] as const)("is refused: %s", (_, [message, key], why) => {
    expect(() => jobOf(message, key)).toThrow(why);
    expect(jobOf(jobMessage(small), small.key)).toEqual(small);
  });

  test("larger than a message may be is not sent", () => {
    const [problem] = small.problems;
    const large = {
      ...small,
      problems: [{ ...problem, problem: { ...problem?.problem, question: "x".repeat(MOST_JOB_BYTES) } }],
    };
    expect(() => jobMessage(large as Job)).toThrow(/a queue takes 4194304/);
  });
});

describe("a result as a message", () => {
  const body = (of: unknown): PackedResult => packed(brotliCompressSync(JSON.stringify(of)));
  const packed = (bytes: Buffer): PackedResult => ({
    note: {
      ...{ protocol: 1, job: small.key, worker: "w", pieces: 1, bytes: bytes.length },
      sha256: createHash("sha256").update(bytes).digest("hex"),
    },
    pieces: [bytes],
  });
  const [a, b, c] = records as [ExperimentRecord, ExperimentRecord, ExperimentRecord];

  test("unpacks to the same lines", async () => {
    const result = await packResult(records, { job: small.key, worker: "w" });
    expect((await recordsOf(result, small)).map(recordLine)).toEqual(records.map(recordLine));
    expect(noteOf(JSON.stringify(result.note), small.key)).toEqual(result.note);
  });

  test.each([
    ["its bytes changed", { ...body(records), pieces: [brotliCompressSync("[]")] }, /checksum/],
    ["a record too few", body([a, b]), /1 of its 3 records are missing/],
    ["a record twice", body([a, b, c, c]), /not asked for, or twice/],
    ["another run's record", body([a, b, { ...c, key: "0".repeat(64) }]), /not asked for, or twice: 0{64}/],
    ["two records exchanged", body([a, { ...b, key: c.key }, { ...c, key: b.key }]), /of another item than its key/],
    [
      "another problem's record",
      body([a, b, { ...c, problem: { ...c.problem, index: 7 } }]),
      /of another item than its key/,
    ],
    ["a field that nobody knows", body([a, b, { ...c, code: "1" }]), /record 2: .*code/],
    ["no list", body({ records }), /no list/],
    ["no JSON", packed(brotliCompressSync("[")), /cannot be unpacked/],
    ["nothing that was packed", packed(Buffer.from("[]")), /cannot be unpacked/],
    [
      "small, and huge once unpacked",
      packed(brotliCompressSync(Buffer.alloc(129 * 2 ** 20))),
      /unpacks to more than 134217728 bytes/,
    ],
  ])("is refused: %s", async (_, result, why) => {
    await expect(recordsOf(result, small)).rejects.toThrow(why);
  });

  test.each([
    ["no JSON", "{", /no JSON/],
    ["of another job", JSON.stringify({ ...body(records).note, job: "0".repeat(64) }), /of another job/],
    ["more than may be", JSON.stringify({ ...body(records).note, bytes: 2 ** 30 }), /bytes/],
    ["of another protocol", JSON.stringify({ ...body(records).note, protocol: 2 }), /protocol/],
  ])("is refused by what is said of it: %s", (_, note, why) => {
    expect(() => noteOf(note, small.key)).toThrow(why);
  });
});

test("why a job has no result is read back; anything else is a lost worker", () => {
  const lost = failedJob("w", new RangeError("x".repeat(10_000)));
  expect(lostJobOf(lostText(lost))).toEqual(lost);
  expect(lostText(lost).length).toBeLessThan(16_000);
  expect(lostJobOf("job stalled more than allowable limit")).toMatchObject({
    kind: "died",
    why: expect.stringContaining("stalled"),
  });
  expect(lostJobOf('{"kind":"failed","worker":"w"}')).toMatchObject({ kind: "died" });
});

test("what a worker says of itself is bounded", () => {
  const state = { version: "1", state: "waiting", processor: "p", job: null, forwarded: 0, done: 0, beat: 1 };
  expect(workerStateOf(JSON.stringify(state))).toEqual(state);
  expect(() => workerStateOf(JSON.stringify({ ...state, processor: "p".repeat(2_000) }))).toThrow(/processor/);
  expect(() => workerStateOf(JSON.stringify({ ...state, pad: "p".repeat(2 ** 16) }))).toThrow(/more than 65536 bytes/);
  expect(() => workerStateOf(JSON.stringify({ ...state, state: "root" }))).toThrow(/state/);
});

describe("a queue's address", () => {
  const at = (
    text: string,
    isInsecureTaken = false,
    password?: string,
  ): { readonly url: string; readonly shown: string } => queueAddress(text, { isInsecureTaken, password });

  test.each([
    "redis://localhost",
    "redis://127.0.0.1:6380/2",
    "redis://[::1]:6379",
    "rediss://u:p@queue.lab:6380",
    "rediss://:p@h",
  ])("is taken: %s", (text) => {
    expect(at(text).url).toContain("redis");
  });

  test.each([
    ["redis://queue.lab", /reached without TLS/],
    ["redis://u:secret@queue.lab", /reached without TLS/],
    ["rediss://queue.lab", /has no password/],
    ["redis://127.0.0.1.evil.org", /reached without TLS/],
    ["redis://localhost.evil.org", /reached without TLS/],
  ])("is refused unless it is insisted on: %s", (text, why) => {
    expect(() => at(text)).toThrow(why);
    expect(() => at(text)).not.toThrow("secret");
    expect(at(text, true).shown).toMatch(/:6379$/);
  });

  test.each([
    "",
    "localhost",
    "http://localhost",
    "redis://",
    "redis://localhost?password=secret",
    "redis://localhost/x",
  ])("is none: %s", (text) => {
    expect(() => at(text, true)).toThrow(/--queue/);
    expect(() => at(text, true)).not.toThrow("secret");
  });

  test("takes its password from the side, and is shown without it", () => {
    expect(at("rediss://u@queue.lab", false, "p@/ss")).toEqual({
      url: "rediss://u:p%40%2Fss@queue.lab",
      shown: "queue.lab:6379",
    });
    expect(at("redis://u:own@localhost", false, "other").url).toContain("own");
  });

  test.each([
    "codilens worker --queue rediss://u:secret@h:1",
    "--queue=REDISS://u:se@cret@h",
    'codilens "redis://:sec\\"ret@h"',
    "redis://u:sec/ret@h",
  ])("loses its password in texts: %s", (text) => {
    expect(withoutPasswords(text)).not.toMatch(/se|ret/);
    expect(withoutPasswords(text)).toMatch(/redis{1,2}:\/\/\*\*\*@h/i);
  });
});
