/** What BullMQ and Redis take for a job that computes nothing: one after the other, and as many at once as they can. Prints JSON. */

import { spawn } from "node:child_process";
import { Queue, QueueEvents, Worker } from "bullmq";

const [, , home, port] = process.argv;
/** As large as a job's records are, compressed. */
const ANSWER = "x".repeat(32 * 1024);
const ALONE = 100;
const TOGETHER = 2000;

const args = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", home];
const server = spawn("redis-server", args, { stdio: "ignore" });
const connection = { host: "127.0.0.1", port: Number(port) };
const queue = new Queue("measure", { connection });
const events = new QueueEvents("measure", { connection });
const worker = new Worker("measure", async () => ANSWER, { connection, concurrency: 64 });

try {
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
  const alone = [];
  for (let job = 0; job < ALONE; job++) alone.push(await secondsOf(one));
  const together = await secondsOf(() => Promise.all(Array.from({ length: TOGETHER }, one)));
  const [transitSeconds] = alone.sort((a, b) => a - b).slice(ALONE / 2);
  process.stdout.write(
    JSON.stringify({ payloadBytes: ANSWER.length, transitSeconds, jobsASecond: TOGETHER / together }),
  );
} finally {
  await Promise.all([worker.close(), events.close(), queue.close()]);
  server.kill("SIGKILL");
}

async function one() {
  const job = await queue.add("job", { text: ANSWER });
  await job.waitUntilFinished(events);
}

async function secondsOf(run) {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}
