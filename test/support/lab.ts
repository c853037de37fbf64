/** The page of `codilens lab` in real Chromium: built where stale, written as a folder, and served by a plain static server. */

import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { ensureLab } from "../../scripts/lab/build.mjs";
import { pageFiles } from "../../src/cli/lab/page-files.js";
import { writeFolder } from "../../src/cli/lab/write-folder.js";
import { openBrowser } from "./browser.js";
import { temporaryFolder } from "./temporary.js";

/** How a page is opened. */
export interface OpenOptions extends BrowserContextOptions {
  /** What stands after `#`. */
  readonly fragment?: string;
  /** What stands after `?`. */
  readonly query?: string;
  /** Wait until the engine is there. Default true. */
  readonly live?: boolean;
}

/** A browser, the page's folder behind a static server, and what was heard of pages. */
export interface Lab {
  readonly url: string;
  readonly folder: string;
  /** Console lines, errors, requests to elsewhere, answers other than 200, and violations of the policy: nothing but this must stay empty. */
  readonly heard: string[];
  open(options?: OpenOptions): Promise<Page>;
  /** Ids of axe's violations, each with its first elements. */
  violations(page: Page): Promise<string[]>;
  /** Calls the page's worker, as `codilens.call` does in the browser's console. */
  call<T>(page: Page, name: string, ask: unknown): Promise<T>;
  close(): Promise<void>;
}

/** Builds the page where a source of it changed, and opens a browser for it. */
export async function openLab(switches: readonly string[] = []): Promise<Lab> {
  await ensureLab();
  const folder = join(temporaryFolder("codilens-lab-"), "page");
  writeFolder(pageFiles(), folder);
  const server = await serveFolder(folder);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const browser = await openBrowser(switches);
  const heard: string[] = [];
  return {
    url,
    folder,
    heard,
    open: (options = {}) => openPage({ browser, url, heard }, options),
    violations,
    call: (page, name, ask) =>
      page.evaluate(
        ([which, asked]) =>
          (globalThis as unknown as { codilens: { call(name: unknown, ask: unknown): Promise<never> } }).codilens.call(
            which,
            asked,
          ),
        [name, ask] as const,
      ),
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}

interface Opening {
  readonly browser: Browser;
  readonly url: string;
  readonly heard: string[];
}

async function openPage({ browser, url, heard }: Opening, options: OpenOptions): Promise<Page> {
  const { fragment = "", query = "", live = true, ...context } = options;
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...context });
  page.on("console", (message) => heard.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => heard.push(`error: ${String(error)}`));
  page.on("request", (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(url))
      heard.push(`request: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) heard.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(`${url}${query === "" ? "" : `?${query}`}${fragment === "" ? "" : `#${fragment}`}`);
  if (live) await page.locator('.engine [data-phase="ready"]').waitFor({ timeout: 60_000 });
  return page;
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function violations(page: Page): Promise<string[]> {
  // The page's policy forbids scripts from elsewhere; the debugger's own are allowed.
  await page.evaluate(axe);
  // What is on its way in is paler than it will be.
  await page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined))));
  return (await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")))`,
  )) as string[];
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** What any static host does, and no more: no header of ours. */
async function serveFolder(folder: string): Promise<Server> {
  mkdirSync(folder, { recursive: true });
  const server = createServer(({ url = "/" }, response) => {
    const path = join(folder, normalize(decodeURIComponent(url.split(/[?#]/)[0] ?? "/")));
    const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": statSync(file).size,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}
