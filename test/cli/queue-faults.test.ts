/** A run on a queue, and what befalls it: processes are killed, Redis is killed, emptied and stopped. The records are those of a plain run. */
// @needs build, redis, time

import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import { linesOf } from "../support/lines-of.js";
import { experimentArgs, killed, plainRun, Started, type Told, until } from "../support/queue-processes.js";
import { TestRedis } from "../support/redis.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const home = temporaryFolder("codilens-queue-");
// Many small jobs: what is common, other numbers of latents, and what is drawn from each question.
const RUN = ["--problems", "4", "--study", "budget"];
const started = new Started();
const start = started.start.bind(started);
// Of four processes each, loading, computing and at rest.
const KILLS = 6;
// Over three times the seconds for which a job is locked.
const STOPPED_SECONDS = 12;

afterEach(() => started.end());

describe.skipIf(isWithout("redis"))("a run on a queue", async () => {
  const redis = isWithout("redis") ? null : await TestRedis.start();
  const server = (): TestRedis => {
    if (redis === null) throw new Error("no Redis");
    return redis;
  };
  afterAll(() => redis?.kill());
  const calm = isWithout("redis") ? [] : plainRun(join(home, "calm"), RUN);
  const queue = (): string[] => ["--queue", server().url];
  const coordinate = (out: string): Told => start([...experimentArgs(out, RUN), ...queue()]);
  const worker = (name: string): Told => start(["worker", "--name", name, ...queue()]);

  test(`three workers, and ${KILLS} moments at which one of them or the coordinator is killed`, async () => {
    const random = seededRandom(19);
    const workers = ["a", "b", "c"].map(worker);
    const moments: string[] = [];
    for (let cycle = 0; moments.length < KILLS; cycle++) {
      const out = join(home, `shaken-${cycle}`);
      let coordinator = coordinate(out);
      for (;;) {
        const pause = new Promise<"going">((wait) => setTimeout(() => wait("going"), 300 + random.int(2_400)));
        const code = await Promise.race([coordinator.ended, pause]);
        if (code !== "going") {
          expect([code, code === 0 ? "" : coordinator.text()]).toEqual([0, ""]);
          break;
        }
        if (moments.length >= KILLS) continue;
        // Each of the four at least once.
        const at = moments.length < 4 ? moments.length : random.int(4);
        moments.push(`${at}`);
        const one = workers[at];
        await killed(one ?? coordinator);
        if (one === undefined) coordinator = coordinate(out);
        else workers[at] = worker(`${"abc"[at]}${moments.length}`);
      }
      expect(linesOf(out)).toEqual(calm);
    }
  }, 600_000);

  test("Redis is killed and comes back empty", async () => {
    const out = join(home, "killed");
    const coordinator = coordinate(out);
    const workers = ["d", "e"].map(worker);
    await until(() => linesOf(out).length > 0);
    await server().kill();
    await coordinator.said(/Redis at 127\.0\.0\.1:\d+ is away/);
    await new Promise((wait) => setTimeout(wait, 2_000));
    await server().up();
    expect([await coordinator.ended, linesOf(out)]).toEqual([0, calm]);
    expect(coordinator.text()).toMatch(/is back/);
    for (const each of workers) expect(each.child.exitCode).toBe(null);
  });

  test("Redis is emptied, again and again", async () => {
    const out = join(home, "emptied");
    const coordinator = coordinate(out);
    const workers = ["f", "g"].map(worker);
    await until(() => linesOf(out).length > 0);
    let times = 0;
    while (coordinator.child.exitCode === null && times < 5) {
      await server().with((each) => each.flushall());
      times++;
      await new Promise((wait) => setTimeout(wait, 700));
    }
    expect([await coordinator.ended, linesOf(out)]).toEqual([0, calm]);
    expect(times).toBeGreaterThan(1);
    for (const each of workers) expect(each.child.exitCode).toBe(null);
  });

  test(`Redis is stopped for ${STOPPED_SECONDS} seconds`, async () => {
    const out = join(home, "stopped");
    const coordinator = coordinate(out);
    const workers = ["h", "i"].map(worker);
    await until(() => linesOf(out).length > 0);
    server().signal("SIGSTOP");
    await new Promise((wait) => setTimeout(wait, 1_000 * STOPPED_SECONDS));
    expect(coordinator.child.exitCode).toBe(null);
    server().signal("SIGCONT");
    expect([await coordinator.ended, linesOf(out)]).toEqual([0, calm]);
    for (const each of workers) expect(each.child.exitCode).toBe(null);
  });

  test("nothing of a whole run is left in Redis but that it is done", async () => {
    const out = join(home, "clean");
    await server().with((each) => each.flushall());
    const one = start(["worker", "--once", ...queue()]);
    // With locks so short the worker looks for stalled jobs, which leaves the queue's settings, after the run is whole.
    const coordinator = start([...experimentArgs(out, RUN), ...queue()], { CODILENS_QUEUE_LOCK_SECONDS: "2" });
    expect([await coordinator.ended, await one.ended, linesOf(out)]).toEqual([0, 0, calm]);
    const keys = await server().with((each) => each.keys("*"));
    expect(keys.filter((key) => !/^codilens:(?:runs|run:[0-9a-f]{16}|[0-9a-f]{16}:workers)$/.test(key))).toEqual([]);
  });
});
