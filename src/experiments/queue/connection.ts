/** A connection to the queue's Redis that outlives restarts, and says in one sentence what keeps it from being made. */

import type { Redis } from "ioredis";
import { EnvironmentError } from "../../base/errors.js";
import { type QueueAddress, withoutPasswords } from "./address.js";
import { queuePackages } from "./packages.js";
import { waitSeconds } from "./timing.js";

/** Who hears of a connection. */
export interface ConnectionHooks {
  readonly notice: (text: string) => void;
  readonly signal: AbortSignal;
}

const OLDEST = [6, 2] as const;
const MOST_DELAY_MS = 2_000;
const PASSWORD_HINT =
  "correct USER and PASSWORD in --queue or CODILENS_QUEUE; signs such as / and @ are written as %2F and %40";
const UNREACHED_HINT = "start Redis there, or correct --queue; then run the same command again";

/**
 * Connects, and stays connected: when Redis goes away, commands wait until it is back.
 *
 * @throws EnvironmentError where Redis does not answer within the time that is given, refuses the password, or is too old.
 */
export async function connectQueue(address: QueueAddress, { notice, signal }: ConnectionHooks): Promise<Redis> {
  const { Redis } = await queuePackages();
  const redis = new Redis(address.url, {
    lazyConnect: true,
    // A command waits for Redis to come back, however long that takes.
    maxRetriesPerRequest: null,
    keepAlive: 10_000,
    connectTimeout: 10_000,
    connectionName: "codilens",
    retryStrategy: (times) => Math.min(MOST_DELAY_MS, 50 * 2 ** Math.min(times, 6)),
  });
  try {
    await firstReady(redis, address, { notice, signal });
    await checkServer(redis, { ...address, notice });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  sayOutages(redis, { ...address, notice });
  return redis;
}

/** What an error of Redis or of the way there says, safe to show. */
export function redisReason(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  // BullMQ's codes are numbers, which say nothing.
  return withoutPasswords(typeof code === "string" ? code : (message ?? String(error))).slice(0, 200);
}

type Outlook = Pick<QueueAddress, "shown"> & Pick<ConnectionHooks, "notice">;

function firstReady(redis: Redis, address: QueueAddress, { notice, signal }: ConnectionHooks): Promise<void> {
  const { shown } = address;
  return new Promise((resolve, reject) => {
    let last: unknown = null;
    const seconds = waitSeconds();
    const timer = setTimeout(() => {
      const why = last === null ? "it does not answer" : redisReason(last);
      end(new EnvironmentError(`Redis at ${shown} cannot be reached for ${seconds} s: ${why}`, UNREACHED_HINT));
    }, seconds * 1000);
    const onError = (error: Error): void => {
      const lasting = lastingError(error, shown);
      if (lasting !== null) {
        end(lasting);
        return;
      }
      if (last === null) notice(`Redis at ${shown} cannot be reached (${redisReason(error)}); trying for ${seconds} s`);
      last = error;
    };
    const onReady = (): void => end(null);
    const onAbort = (): void =>
      end(new EnvironmentError(`Redis at ${shown} was not reached before the command was stopped`));
    const end = (error: Error | null): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      // Without a listener the next error would end the process.
      redis
        .off("ready", onReady)
        .off("error", onError)
        .on("error", () => undefined);
      if (error === null) resolve();
      else reject(error);
    };
    signal.addEventListener("abort", onAbort);
    redis.on("ready", onReady).on("error", onError);
    redis.connect().catch(() => undefined);
  });
}

/** The error of what waiting does not mend; null for anything else. */
function lastingError(error: Error, shown: string): EnvironmentError | null {
  const { message } = error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (/WRONGPASS|NOAUTH|NOPERM|invalid (?:username|password)|AUTH.*(?:called without|wrong number)/i.test(message))
    return new EnvironmentError(`Redis at ${shown} refuses user and password of --queue`, PASSWORD_HINT, {
      cause: error,
    });
  if (/SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS/.test(code))
    return new EnvironmentError(
      `The certificate of Redis at ${shown} is not trusted here: ${code}`,
      "name the file of its authority: NODE_EXTRA_CA_CERTS=ca.pem codilens …",
      { cause: error },
    );
  if (code === "ENOTFOUND")
    return new EnvironmentError(`No machine has the name in ${shown}`, "correct the host in --queue", { cause: error });
  return null;
}

async function checkServer(redis: Redis, { shown, notice }: Outlook): Promise<void> {
  const info = await redis.info();
  const [, version = "unknown"] = /^redis_version:(\S+)/m.exec(info) ?? [];
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (!(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])))
    throw new EnvironmentError(
      `Redis at ${shown} is version ${version}, wanted ${OLDEST.join(".")} or newer`,
      "update it",
    );
  const [, policy = "noeviction"] = /^maxmemory_policy:(\S+)/m.exec(info) ?? [];
  if (policy !== "noeviction")
    notice(
      `Redis at ${shown} throws keys away when its memory is full (maxmemory-policy ${policy}): jobs may be computed more often than once; wanted noeviction`,
    );
}

function sayOutages(redis: Redis, { shown, notice }: Outlook): void {
  let isAway = false;
  let last: unknown = null;
  redis.on("error", (error: Error) => {
    last = error;
  });
  redis.on("reconnecting", () => {
    if (isAway) return;
    isAway = true;
    notice(`Redis at ${shown} is away${last === null ? "" : ` (${redisReason(last)})`}; waiting for it`);
  });
  redis.on("ready", () => {
    if (isAway) notice(`Redis at ${shown} is back`);
    [isAway, last] = [false, null];
  });
}
