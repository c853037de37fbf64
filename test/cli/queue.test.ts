/** A run on a queue and its workers: who is refused and why, what is not taken, how a job that kills is named, and how a worker is stopped. */
// @needs build, redis, time

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Queue } from "bullmq";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { hashOf } from "../../src/records/fingerprint.js";
import { linesOf } from "../support/lines-of.js";
import { experimentArgs, plainRun, Started, type Told, until } from "../support/queue-processes.js";
import { TestRedis } from "../support/redis.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const home = temporaryFolder("codilens-queue-");
const RUN = ["--problems", "2"];
const hook = (file: string): string => `--import=${new URL(`../support/${file}`, import.meta.url).href}`;
const started = new Started();
const start = started.start.bind(started);

afterEach(() => started.end());

describe.skipIf(isWithout("redis"))("a run on a queue", async () => {
  const redis = isWithout("redis") ? null : await TestRedis.start(["--maxmemory-policy", "allkeys-lru"]);
  const server = (): TestRedis => {
    if (redis === null) throw new Error("no Redis");
    return redis;
  };
  afterAll(() => redis?.kill());
  const calm = isWithout("redis") ? [] : plainRun(join(home, "calm"), RUN);
  const queue = (): string[] => ["--queue", server().url];
  const coordinate = (out: string, env: Readonly<Record<string, string>> = {}): Told =>
    start([...experimentArgs(join(home, out), RUN), ...queue()], env);
  const worker = (name: string, env: Readonly<Record<string, string>> = {}): Told =>
    start(["worker", "--once", "--name", name, ...queue()], env);
  /** The run that is announced, and its jobs that wait. */
  const waiting = async (): Promise<{ readonly run: string; readonly jobs: readonly string[] }> => {
    const keys = async (pattern: string): Promise<string[]> => server().with((each) => each.keys(pattern));
    await until(async () => (await keys("codilens:*:jobs:wait")).length > 0);
    const [list = ""] = await keys("codilens:*:jobs:wait");
    return { run: list.split(":")[1] ?? "", jobs: await server().with((each) => each.lrange(list, 0, -1)) };
  };

  test("a worker with another model is refused by name, and what is forged enters nothing", async () => {
    const coordinator = coordinate("forged");
    const { run, jobs } = await waiting();
    const [job = ""] = jobs;
    const odd = start(["worker", "--name", "odd", "--model", "test/fixtures/models/full-heads", ...queue()]);
    expect([await odd.ended, odd.text()]).toEqual([
      3,
      expect.stringMatching(
        /Run \w{16} is of another model, study or protocol: weights: \w{12} there, \w{12} here; tokenizer: /,
      ),
    ]);
    await coordinator.said(/worker odd refuses this run: Run \w+ is of another model/);
    // Results: of nothing, of another job, and of something that is no result.
    await server().with((each) =>
      each.hset(`codilens:${run}:result:${job}`, "note", JSON.stringify({ job: "0".repeat(64) })),
    );
    await coordinator.said(/a result was refused: .*the job is sent again/);
    await server().with((each) => each.set(`codilens:${run}:result:${job}`, "x"));
    await coordinator.said(/a result was refused: it lies there as something else/);
    // Jobs: one that would run code, and one that is too large.
    const forged = new Queue("jobs", {
      connection: { host: "127.0.0.1", port: server().port },
      prefix: `codilens:${run}`,
      skipVersionCheck: true,
    });
    await forged.add("job", JSON.stringify({ code: "process.exit()" }), { jobId: hashOf("code") });
    await forged.add("job", "x".repeat(5 * 2 ** 20), { jobId: hashOf("large") });
    await forged.add("job", { problems: [] }, { jobId: hashOf("object") });
    await forged.close();
    await server().with((each) => each.hset(`codilens:${run}:workers`, "stranger", '{"state":"root"}'));
    await coordinator.said(/what stranger says of itself is refused/);
    await server().with(async (each) => each.sadd("codilens:runs", "0".repeat(16)));
    await server().with(async (each) => each.set(`codilens:run:${"0".repeat(16)}`, '{"protocol":1,"state":"evil"}'));
    const good = worker("good");
    expect([await coordinator.ended, await good.ended]).toEqual([0, 0]);
    expect(linesOf(join(home, "forged"))).toEqual(calm);
    expect(good.text().match(/a job was refused/g)).toHaveLength(3);
    expect(good.text()).toMatch(/has 5242880 bytes, at most 4194304 are read/);
    for (const each of [coordinator, good])
      expect(each.text()).toMatch(/maxmemory-policy allkeys-lru.*wanted noeviction/);
  });

  test("a protocol of one's own needs its file at each worker: another or none is refused by name", async () => {
    const file = join(home, "mine.mjs");
    const text = 'export default { name: "short-answers", like: "codi", maxNewTokens: 9 };';
    writeFileSync(file, text);
    const other = join(home, "other.mjs");
    writeFileSync(other, `${text} // Another.`);
    const plain = plainRun(join(home, "own-calm"), [...RUN, "--protocol", file]);
    const coordinator = start([...experimentArgs(join(home, "own"), [...RUN, "--protocol", file]), ...queue()]);
    await waiting();
    const refused = [["none"], ["another", "--protocol", other]].map(([name = "", ...more]) =>
      start(["worker", "--name", name, ...more, ...queue()]),
    );
    const found = await Promise.all(refused.map(async (each) => [await each.ended, each.text()]));
    expect(found).toEqual([
      [3, expect.stringMatching(/protocol file: \w{12} there, none here.*\n.*own protocol file by --protocol/)],
      [3, expect.stringMatching(/protocol file: \w{12} there, \w{12} here/)],
    ]);
    const good = start(["worker", "--once", "--protocol", file, ...queue()]);
    expect([await coordinator.ended, await good.ended]).toEqual([0, 0]);
    expect(linesOf(join(home, "own"))).toEqual(plain);
  });

  test("a job that kills three times is named and split: its one item fails, all else is computed", async () => {
    const coordinator = coordinate("poison");
    worker("mortal", { NODE_OPTIONS: hook("die-at.mjs"), CODILENS_TEST_DIE_AT: "SIGKILL:1:3" });
    expect([await coordinator.ended, coordinator.text()]).toEqual([
      6,
      expect.stringMatching(/ended by SIGKILL, the last of 3 times at mortal, while it computed a batch of 2 problems/),
    ]);
    const lines = linesOf(join(home, "poison"));
    const failed = lines.flatMap((line, at) => (line.includes('"status":"failed"') ? [at] : []));
    expect([lines.length, failed]).toEqual([calm.length, [7 + 3]]);
  }, 600_000);

  test("a job that takes longer than its lock is given to no second worker", async () => {
    const busy = { NODE_OPTIONS: hook("slow-batch.mjs"), CODILENS_TEST_BUSY_MS: "6000" };
    const coordinator = coordinate("slow", { CODILENS_QUEUE_LOCK_SECONDS: "2" });
    const workers = [worker("one", busy), worker("two", busy)];
    expect([await coordinator.ended, linesOf(join(home, "slow"))]).toEqual([0, calm]);
    await Promise.all(workers.map(({ ended }) => ended));
    const said = workers.map((each) => each.text()).join("\n");
    expect(said.match(/^job \w{8}: .* conditions, /gm)).toHaveLength(1);
    expect(said).not.toMatch(/lock|given back|was there already/);
  });

  test("Ctrl-C lets a worker finish its job; the coordinator, stopped and started again, goes on", async () => {
    const busy = { NODE_OPTIONS: hook("slow-batch.mjs"), CODILENS_TEST_BUSY_MS: "4000" };
    const coordinator = coordinate("stopped");
    const one = worker("one", busy);
    await one.said(/busy/);
    coordinator.child.kill("SIGINT");
    one.child.kill("SIGINT");
    expect([await coordinator.ended, await one.ended]).toEqual([130, 130]);
    expect(coordinator.text()).toMatch(/stopped; 0 records are kept/);
    expect(one.text()).toMatch(
      /stopping after the batch in work.*job \w{8}: 2 problems × 7 conditions.*stopped; 1 job computed/s,
    );
    // Its result lies in Redis: nobody need compute it again.
    const again = coordinate("stopped");
    expect([await again.ended, linesOf(join(home, "stopped"))]).toEqual([0, calm]);
  });
});

describe.skipIf(isWithout("redis"))("what keeps a queue from being used", () => {
  const tried = async (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<[unknown, string]> => {
    const one = start(args, { CODILENS_QUEUE_WAIT_SECONDS: "1", ...env });
    return [await one.ended, one.text()];
  };

  test("no Redis there: exit 5 after a while, with the reason", async () => {
    const [code, text] = await tried(["worker", "--queue", "redis://u:secret@127.0.0.1:1"]);
    expect([code, text]).toEqual([
      5,
      expect.stringMatching(/Redis at 127\.0\.0\.1:1 cannot be reached for 1 s: ECONNREFUSED/),
    ]);
    expect(text).not.toContain("secret");
  });

  test("options that cannot stand together, and another machine without TLS: exit 2", async () => {
    expect(await tried(["experiment", "--queue", "redis://localhost", "--profile"])).toEqual([
      2,
      expect.stringMatching(/--queue and --profile do not go together/),
    ]);
    expect(await tried(["worker", "--queue", "redis://u:secret@queue.lab"])).toEqual([
      2,
      expect.stringMatching(/^error: The queue at queue\.lab:6379 is reached without TLS(?!.*secret)/ms),
    ]);
    expect(await tried(["worker", "--queu=redis://u:secret@queue.lab"])).toEqual([
      2,
      expect.not.stringContaining("secret"),
    ]);
  });

  test("TLS and a password: the run is computed, and the password stands nowhere", async () => {
    const [key, cert] = [join(home, "key.pem"), join(home, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const made = spawnSync("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      cert,
      ...subject,
    ]);
    expect(made.status).toBe(0);
    const tls = ["--tls-port", "PORT", "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no"];
    const secured = await TestRedis.start(
      [...tls, "--requirepass", "s3cret!"],
      (port) => `rediss://:s3cret!@127.0.0.1:${port}`,
    );
    try {
      const { url, port } = secured;
      const trusts = { NODE_EXTRA_CA_CERTS: cert };
      expect(await tried(["worker", "--queue", url])).toEqual([
        5,
        expect.stringMatching(/certificate of Redis at 127\.0\.0\.1:\d+ is not trusted here/),
      ]);
      const wrong = await tried(["worker", "--queue", url.replace("s3cret", "wr0ng")], trusts);
      expect(wrong).toEqual([5, expect.stringMatching(/Redis at 127\.0\.0\.1:\d+ refuses user and password/)]);
      expect(wrong[1]).not.toContain("wr0ng");
      const out = join(home, "tls");
      const coordinator = start([...experimentArgs(out, RUN), "--queue", url], trusts);
      await coordinator.said(/is on the queue/);
      const shown = readFileSync(`/proc/${coordinator.child.pid}/cmdline`, "utf8");
      expect([shown.includes("s3cret"), shown.includes("experiment")]).toEqual([false, true]);
      const side = { ...trusts, CODILENS_QUEUE_PASSWORD: "s3cret!" };
      const one = start(["worker", "--once", "--queue", `rediss://127.0.0.1:${port}`], side);
      expect([await coordinator.ended, await one.ended]).toEqual([0, 0]);
      const written = ["manifest.json", "log.jsonl", "report.html"].map((file) =>
        readFileSync(join(out, file), "utf8"),
      );
      for (const text of [...written, coordinator.text(), one.text()]) expect(text).not.toContain("s3cret");
      expect(written[0]).toContain("rediss://***@127.0.0.1");
    } finally {
      await secured.kill();
    }
  });
});
