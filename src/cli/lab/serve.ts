/** A small server of the page, on this machine alone: it knows a fixed list of files, and answers only to its own names. */

import { createReadStream, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { EnvironmentError } from "../../base/errors.js";
import { type PageFiles, policyOf } from "./page-files.js";

const LOOPBACK = "127.0.0.1";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".safetensors": "application/octet-stream",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** A server that listens. */
export interface PageServer {
  readonly url: string;
  readonly server: Server;
}

/** @param port 0 for any that is free. @throws EnvironmentError where the port cannot be had. */
export function servePage(files: PageFiles, port: number): Promise<PageServer> {
  const headers = strictHeaders(policyOf(files));
  const server = createServer((request, response) => answer(request, response, { files, headers }));
  return new Promise((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      fail(
        new EnvironmentError(
          `Port ${port} of ${LOOPBACK} cannot be had (${error.code ?? error.message})`,
          "name another by --port, or leave it out",
        ),
      ),
    );
    server.listen(port, LOOPBACK, () => {
      const { port: given } = server.address() as AddressInfo;
      done({ url: `http://${LOOPBACK}:${given}/`, server });
    });
  });
}

function strictHeaders(policy: string): Readonly<Record<string, string>> {
  return {
    "content-security-policy": `${policy}; frame-ancestors 'none'`,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
  };
}

interface Served {
  readonly files: PageFiles;
  readonly headers: Readonly<Record<string, string>>;
}

function answer(request: IncomingMessage, response: ServerResponse, { files, headers }: Served): void {
  const file = files.get(pathOf(request.url ?? "/"));
  const refusal = refusalOf(request) ?? (file === undefined ? { status: 404, text: "There is no such file." } : null);
  if (refusal !== null || file === undefined) {
    response.writeHead(refusal?.status ?? 404, { ...headers, "content-type": "text/plain; charset=utf-8" });
    response.end(`${refusal?.text}\n`);
    return;
  }
  response.writeHead(200, {
    ...headers,
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "content-length": statSync(file).size,
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const stream = createReadStream(file);
  stream.on("error", () => response.destroy());
  stream.pipe(response);
}

interface Refusal {
  readonly status: number;
  readonly text: string;
}

function refusalOf(request: IncomingMessage): Refusal | null {
  if (!isOwnName(request)) return { status: 403, text: "This server answers to 127.0.0.1 and localhost alone." };
  if (request.method === "GET" || request.method === "HEAD") return null;
  return { status: 405, text: "Only GET and HEAD." };
}

/** Another site could have its name point here (DNS rebinding); then the browser sends that name. */
function isOwnName({ headers: { host }, socket: { localPort } }: IncomingMessage): boolean {
  return host === `${LOOPBACK}:${localPort}` || host === `localhost:${localPort}`;
}

function pathOf(url: string): string {
  const [path = ""] = url.split(/[?#]/);
  return path === "/" ? "index.html" : path.slice(1);
}
