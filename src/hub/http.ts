/** One GET over Node's fetch: redirects followed by hand, the token sent to the endpoint alone, errors in words. */

import { BadInputError, EnvironmentError } from "../base/errors.js";
import { hint, type Network, retryAfterMs, Transient } from "./retry.js";
import { isLoopback } from "./settings.js";

/** What a request is about, for its error messages. */
export interface Subject {
  readonly repository: string;
  readonly revision: string;
  readonly file?: string;
}

const MAX_REDIRECTS = 5;

/**
 * Gets an address.
 *
 * @param headers without Authorization, which is added where it may go.
 * @returns the answer with status 200, 206 or 416; its body is not read yet.
 * @throws Transient, EnvironmentError or BadInputError by what went wrong; the signal's reason after an abort.
 */
export async function hubGet(
  network: Network,
  url: URL,
  { subject, headers = {} }: { readonly subject: Subject; readonly headers?: Readonly<Record<string, string>> },
): Promise<Response> {
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await send(network, at, headers);
    if (response.status < 300 || response.status > 399) return checked(network, response, { url: at, subject });
    await discard(response);
    at = redirectTarget(at, response.headers.get("location"));
  }
  throw new EnvironmentError(`${url.host} redirects more than ${MAX_REDIRECTS} times`, hint(network));
}

/** Where a redirect leads. @throws EnvironmentError when it leads nowhere, or from https to http on another machine. */
export function redirectTarget(from: URL, location: string | null): URL {
  const advice = "check HF_ENDPOINT and the network, then run the same command again";
  if (location === null || !URL.canParse(location, from))
    throw new EnvironmentError(`${from.host} redirects without a usable address`, advice);
  const to = new URL(location, from);
  const plain = to.protocol === "http:" && (from.protocol === "http:" || isLoopback(to.hostname));
  if ((to.protocol !== "https:" && !plain) || to.username !== "" || to.password !== "")
    throw new EnvironmentError(
      `${from.host} redirects to ${to.protocol}//${to.host}, which is not safe to follow`,
      advice,
    );
  return to;
}

/** Lets go of an answer whose body is not wanted. */
export async function discard(response: Response): Promise<void> {
  // It may have failed already, which no longer matters.
  await response.body?.cancel().catch(() => undefined);
}

/** A failure of fetch or of a body as `Transient`; errors that repeat for ever as EnvironmentError. */
export function networkFailure(network: Network, host: string, error: unknown): Error {
  if (network.signal.aborted || error instanceof Transient || error instanceof EnvironmentError) return error as Error;
  const code = codeOf(error);
  if (/CERT|SIGNED|SSL|TLS/.test(code))
    return new EnvironmentError(
      `Cannot trust ${host}: ${code}`,
      "where a proxy or a mirror has its own certificate, name its file in NODE_EXTRA_CA_CERTS",
      { cause: error },
    );
  return new Transient(`no connection to ${host} (${code})`);
}

async function send(network: Network, url: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
  const { endpoint, token } = network.settings;
  try {
    return await fetch(url, {
      redirect: "manual",
      signal: network.signal,
      headers: {
        ...headers,
        // A compressed body has no range and no length to check; with Range, fetch says so itself.
        ...("Range" in headers ? {} : { "Accept-Encoding": "identity" }),
        "User-Agent": "codilens",
        ...(token !== null && url.origin === new URL(endpoint).origin ? { Authorization: `Bearer ${token}` } : {}),
      },
    });
  } catch (error) {
    throw networkFailure(network, url.host, error);
  }
}

async function checked(
  network: Network,
  response: Response,
  { url, subject }: { readonly url: URL; readonly subject: Subject },
): Promise<Response> {
  const { status, headers } = response;
  if (status === 200 || status === 206 || status === 416) return response;
  await discard(response);
  if (status === 408 || status === 429 || status >= 500)
    throw new Transient(`${url.host} answers ${status}`, retryAfterMs(headers.get("retry-after"), network.now()));
  const ours = url.origin === new URL(network.settings.endpoint).origin;
  // A signed address of a file store runs out; the hub gives a new one.
  if (!ours && (status === 401 || status === 403)) throw new Transient(`${url.host} answers ${status}`);
  throw refusal(network, subject, { status, code: headers.get("x-error-code") ?? "", host: url.host });
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly host: string;
}

function refusal(network: Network, { repository, revision, file }: Subject, { status, code, host }: Refused): Error {
  const { endpoint, token } = network.settings;
  const what = `${repository}@${revision}${file === undefined ? "" : `, ${file}`}`;
  const found = `(HTTP ${status} from ${host})`;
  if (status === 404 || code === "RepoNotFound") {
    if (code === "RevisionNotFound")
      return new BadInputError(`${repository} has no revision "${revision}" ${found}`, "check the name after the @");
    if (file !== undefined || code === "EntryNotFound")
      return new BadInputError(`${what} is not there ${found}`, "run the same command again to list the files anew");
    const known = token === null ? "set HF_TOKEN if it is private" : "the token's account may not see it";
    return new BadInputError(`${repository} is not there, or is private ${found}`, `check the spelling; ${known}`);
  }
  if (status === 401 || status === 403) {
    const token_ = token === null ? "no token is set" : "the token that is set is not enough";
    return new EnvironmentError(
      `Cannot read ${what}: it is gated or private, and ${token_} ${found}`,
      `accept the licence on ${endpoint}/${repository}, then set HF_TOKEN to a token of that account that may read it`,
    );
  }
  return new EnvironmentError(`Cannot read ${what}: ${host} answers ${status}`, hint(network));
}

function codeOf(error: unknown): string {
  // Only codes are shown: messages of fetch may quote addresses with signatures.
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
  }
  return "cut";
}
