/**
 * Settings from the environment. Honoured: HF_ENDPOINT; HF_TOKEN (HUGGING_FACE_HUB_TOKEN), else the file HF_TOKEN_PATH, else
 * HF_HOME/token; HF_HUB_DISABLE_IMPLICIT_TOKEN; HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE. Proxy variables are left
 * to Node: its fetch uses them with NODE_USE_ENV_PROXY=1 from 22.21 and 24 on. Older versions connect directly, and a notice says so.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { homeFolder } from "../../scripts/setup/cache-folder.mjs";
import { EnvironmentError, UsageError } from "../base/errors.js";

/** How to reach the hub. */
export interface HubSettings {
  /** Base address, without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the endpoint's own origin and nowhere else. Never shown. */
  readonly token: string | null;
  readonly offline: boolean;
  /** A proxy variable that is set and not used, or null. */
  readonly unusedProxy: string | null;
  /** Sentences that the user should see before the first request. */
  readonly notices: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads them.
 *
 * @param env the process's environment.
 * @param node Node's version, as in `process.versions.node`.
 * @throws UsageError for an endpoint that is no address; EnvironmentError for a token that cannot be sent.
 */
export function readSettings(env: Environment, node: string = process.versions.node): HubSettings {
  const endpoint = endpointOf(env["HF_ENDPOINT"] || "https://huggingface.co");
  const offline = isTrue(env["HF_HUB_OFFLINE"] || env["TRANSFORMERS_OFFLINE"]);
  const unusedProxy = proxyNotUsed(env, endpoint, node);
  const found = isTrue(env["HF_HUB_DISABLE_IMPLICIT_TOKEN"]) ? { token: null, notices: [] } : tokenOf(env);
  const { protocol, hostname } = endpoint;
  const exposed = found.token !== null && protocol === "http:" && !isLoopback(hostname);
  return {
    endpoint: endpoint.href.replace(/\/+$/, ""),
    token: exposed ? null : found.token,
    offline,
    unusedProxy,
    notices: [
      ...found.notices,
      ...(exposed ? [`the token is not sent: HF_ENDPOINT (${endpoint.host}) is plain http`] : []),
      ...(unusedProxy === null || offline
        ? []
        : [`${unusedProxy} is set but not used: Node's fetch needs NODE_USE_ENV_PROXY=1 and Node 22.21 or 24 for it`]),
    ],
  };
}

/** Whether a host name or address means this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function endpointOf(text: string): URL {
  // Not echoed: it may hold a password.
  const wrong = (why: string): UsageError =>
    new UsageError(`HF_ENDPOINT ${why}`, "set it to an address such as https://hub.example, or unset it");
  if (!URL.canParse(text)) throw wrong("is not an address");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw wrong("is neither https nor http");
  if (url.username !== "" || url.password !== "") throw wrong("holds a user name or password");
  if (url.search !== "" || url.hash !== "") throw wrong("holds a query or a fragment");
  return url;
}

function tokenOf(env: Environment): { token: string | null; notices: string[] } {
  const typed = env["HF_TOKEN"]?.trim() || env["HUGGING_FACE_HUB_TOKEN"]?.trim();
  if (typed) return { token: sendable(typed, "HF_TOKEN"), notices: [] };
  const cache = env["XDG_CACHE_HOME"] || "~/.cache";
  const path = atHome(env["HF_TOKEN_PATH"] || join(env["HF_HOME"] || join(cache, "huggingface"), "token"));
  try {
    const stored = readFileSync(path, "utf8").trim();
    return { token: stored === "" ? null : sendable(stored, path), notices: [] };
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const absent = code === "ENOENT" || code === "ENOTDIR";
    return {
      token: null,
      notices: absent ? [] : [`the token file ${path} cannot be read (${code}): going on without`],
    };
  }
}

/** Fetch would name a header value that it cannot send, token and all. */
function sendable(token: string, source: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new EnvironmentError(
    `The token in ${source} holds a blank, a line break or a character that is not ASCII`,
    "store the token alone, as the hub's settings page shows it",
  );
}

// As Python's expanduser: without a home folder the ~ stays, and nothing is found there.
function atHome(path: string): string {
  const home = path.startsWith("~/") ? homeFolder() : null;
  return home === null ? path : join(home, path.slice(2));
}

function isTrue(text: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(text ?? "");
}

function proxyNotUsed(env: Environment, endpoint: URL, node: string): string | null {
  const scheme = endpoint.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  // ALL_PROXY is what other tools read, Node never does.
  const set = [scheme.toLowerCase(), scheme, "all_proxy", "ALL_PROXY"].find((name) => (env[name] ?? "") !== "");
  if (set === undefined || isBypassed(endpoint.hostname, env["no_proxy"] ?? env["NO_PROXY"] ?? "")) return null;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const able = major >= 24 || (major === 22 && minor >= 21);
  const asked = env["NODE_USE_ENV_PROXY"] === "1" || /--use-env-proxy\b/.test(env["NODE_OPTIONS"] ?? "");
  return able && asked && !/^all_proxy$/i.test(set) ? null : set;
}

function isBypassed(hostname: string, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .map((each) => each.replace(/:\d+$/, "").replace(/^\*?\./, ""))
    .some((each) => each !== "" && (each === "*" || hostname === each || hostname.endsWith(`.${each}`)));
}
