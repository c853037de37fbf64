/** Where a queue is: the URL of a Redis, checked before anything is sent there, and shown without its password. */

import { UsageError } from "../../base/errors.js";

/** A queue's Redis. */
export interface QueueAddress {
  /** With user and password: for the connection alone. */
  readonly url: string;
  /** Host and port, for messages. */
  readonly shown: string;
}

const EXAMPLE = "example: --queue redis://localhost:6379, or rediss://USER:PASSWORD@HOST:6379";
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const USUAL_PORT = "6379";

/** How an address is taken. */
export interface AddressOptions {
  /** Whether a queue is used that others on the way could read or write. */
  readonly isInsecureTaken: boolean;
  /** Where the address has none. */
  readonly password?: string | undefined;
}

/**
 * @throws UsageError where it is no address of a Redis, or one that is not safe to use. No message holds the password.
 */
export function queueAddress(text: string, { isInsecureTaken, password }: AddressOptions): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "")
    throw new UsageError("--queue is no address of a Redis", EXAMPLE);
  if (url.search !== "" || url.hash !== "" || !/^\/?\d{0,3}$/.test(url.pathname))
    throw new UsageError("--queue has more after its port than the number of a database", EXAMPLE);
  const shown = `${url.hostname}:${url.port === "" ? USUAL_PORT : url.port}`;
  if (url.password === "" && password !== undefined) url.password = encodeURIComponent(password);
  const isSafe = LOOPBACK.test(url.hostname) || (url.protocol === "rediss:" && url.password !== "");
  if (isSafe || isInsecureTaken) return { url: url.href, shown };
  throw new UsageError(
    `The queue at ${shown} ${url.protocol === "rediss:" ? "has no password" : "is reached without TLS"}: others could read the run's questions and write results into it`,
    "use rediss://USER@HOST:PORT with its password in CODILENS_QUEUE_PASSWORD, or pass --insecure-queue in a network that you trust as a whole",
  );
}

/** The text with the user and password of every queue's address taken out: for logs, manifests and messages. */
export function withoutPasswords(text: string): string {
  return text.replace(/\b(rediss?:\/\/)\S*@/gi, "$1***@");
}
