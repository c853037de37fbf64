/** A hub on loopback that speaks the file API over real sockets, and misbehaves as it is told to. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What one request meets instead of the plain answer. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent instead of the file's content. */
  readonly body?: string | Uint8Array;
  /** Without Content-Length, so that the end of the body is all that tells its length. */
  readonly chunked?: boolean;
  /** Sends so many bytes, waits for `until`, and cuts the connection. */
  readonly cutAt?: number;
  readonly until?: () => boolean;
  /** Answers a range with the whole file, as if it had not been asked for. */
  readonly ignoreRange?: boolean;
  /** Overrides headers of the ordinary answer. */
  readonly answer?: Readonly<Record<string, string>>;
}

/** A request as it arrived. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

/** Options of a hub. */
export interface HubOptions {
  readonly repository?: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Entries of a page; all on one by default. */
  readonly pageSize?: number;
  /** Files over this size are kept by SHA-256, as the hub does with large ones. */
  readonly largeBytes?: number;
  /** ETag of a file, from its hash. */
  readonly etag?: (hash: string) => string;
  readonly commit?: string;
}

/** A running hub. */
export interface FakeHub {
  readonly endpoint: string;
  readonly repository: string;
  commit: string;
  readonly seen: Seen[];
  /** How many sockets were opened to it. */
  connections(): number;
  /** The next requests whose path holds this text meet these faults, one each. */
  next(text: string, ...faults: readonly Fault[]): void;
  /** All such requests meet it. */
  always(text: string, fault: Fault): void;
  /** Paths of the requests for content, with their ranges. */
  asked(): string[];
  close(): Promise<void>;
}

/** Starts one; whoever starts it closes it. */
export async function startHub(options: HubOptions): Promise<FakeHub> {
  const repository = options.repository ?? "someone/model";
  const queued: { text: string; fault: Fault; always: boolean }[] = [];
  const seen: Seen[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    seen.push({ path, headers: request.headers });
    const at = queued.findIndex(({ text }) => path.includes(text));
    const found = queued[at];
    if (found !== undefined && !found.always) queued.splice(at, 1);
    answer(hub, options, { request, response, fault: found?.fault ?? {} });
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hub: FakeHub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    repository,
    commit: options.commit ?? "0123456789abcdef0123456789abcdef01234567",
    seen,
    connections: () => connections,
    next: (text, ...faults) => void queued.push(...faults.map((fault) => ({ text, fault, always: false }))),
    always: (text, fault) => void queued.push({ text, fault, always: true }),
    asked: () =>
      seen
        .filter(({ path }) => path.includes("/resolve/"))
        .map(({ path, headers }) => `${path.split("/").at(-1)} ${headers.range ?? "all"}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hub;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly fault: Fault;
}

function answer(hub: FakeHub, options: HubOptions, exchange: Exchange): void {
  const { request, response, fault } = exchange;
  if (fault.status !== undefined) {
    response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
    return;
  }
  const url = new URL(request.url ?? "", hub.endpoint);
  const api = `/api/models/${hub.repository}`;
  const resolve = `/${hub.repository}/resolve/`;
  if (url.pathname.startsWith(`${api}/revision/`)) {
    const siblings = Object.keys(options.files).map((rfilename) => ({ rfilename }));
    json(exchange, { id: hub.repository, modelId: hub.repository, sha: hub.commit, private: false, siblings });
  } else if (url.pathname.startsWith(`${api}/tree/`)) tree(hub, options, { ...exchange, url });
  else if (url.pathname.startsWith(resolve)) {
    const name = url.pathname.slice(resolve.length).split("/").slice(1).map(decodeURIComponent).join("/");
    const content = options.files[name];
    if (content === undefined) response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    else sendFile(hub, options, { ...exchange, content: Buffer.from(content) });
  } else response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
}

function json(exchange: Exchange, value: unknown, headers: Record<string, string> = {}): void {
  const body = Buffer.from(exchange.fault.body ?? JSON.stringify(value));
  const length = { "content-length": String(body.length) };
  exchange.response.writeHead(200, {
    "content-type": "application/json",
    ...length,
    ...headers,
    ...exchange.fault.answer,
  });
  send(exchange, body);
}

function tree(hub: FakeHub, options: HubOptions, exchange: Exchange & { url: URL }): void {
  const entries = Object.entries(options.files).map(([path, content]) => entry(options, path, Buffer.from(content)));
  const all = [{ type: "directory", path: "sub", oid: "0".repeat(40), size: 0 }, ...entries];
  const pageSize = options.pageSize ?? all.length;
  const from = Number(exchange.url.searchParams.get("cursor") ?? 0);
  const next = new URL(exchange.url);
  next.searchParams.set("cursor", String(from + pageSize));
  const link = `<${hub.endpoint}/unrelated>; rel="first", <${next.href}>; rel="next"`;
  json(exchange, all.slice(from, from + pageSize), from + pageSize < all.length ? { link } : {});
}

function entry(options: HubOptions, path: string, content: Buffer): object {
  const { kind, hash } = identityOf(options, content);
  const common = { type: "file", path, size: content.length };
  if (kind === "git") return { ...common, oid: hash };
  return { ...common, oid: "f".repeat(40), lfs: { oid: hash, size: content.length, pointerSize: 130 } };
}

function identityOf(options: HubOptions, content: Buffer): { kind: "git" | "sha256"; hash: string } {
  if (content.length >= (options.largeBytes ?? 1000))
    return { kind: "sha256", hash: createHash("sha256").update(content).digest("hex") };
  const git = createHash("sha1").update(`blob ${content.length}\0`).update(content);
  return { kind: "git", hash: git.digest("hex") };
}

function sendFile(hub: FakeHub, options: HubOptions, exchange: Exchange & { content: Buffer }): void {
  const { request, response, fault, content } = exchange;
  const etag = (options.etag ?? ((hash) => `"${hash}"`))(identityOf(options, content).hash);
  const ifRange = request.headers["if-range"];
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const ranged = start !== undefined && fault.ignoreRange !== true && (ifRange === undefined || ifRange === etag);
  const from = ranged ? Number(start) : 0;
  const body = fault.body === undefined ? content.subarray(from) : Buffer.from(fault.body);
  response.writeHead(ranged ? 206 : 200, {
    ...(etag === "" ? {} : { etag }),
    "x-repo-commit": hub.commit,
    ...(fault.chunked === true ? {} : { "content-length": String(body.length) }),
    ...(ranged ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    ...fault.answer,
  });
  send(exchange, body);
}

function send({ request, response, fault: { cutAt, until } }: Exchange, body: Buffer): void {
  if (request.method === "HEAD") response.end();
  else if (cutAt === undefined) response.end(body);
  else response.write(body.subarray(0, cutAt), () => cutWhen(response, until));
}

/** A client may lose what it has not read when a connection is cut, so the cut waits until it has. */
function cutWhen(response: ServerResponse, until: () => boolean = () => true): void {
  const timer = setInterval(() => {
    if (!until() && !response.destroyed) return;
    clearInterval(timer);
    response.destroy();
  }, 2);
}
