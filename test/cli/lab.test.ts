/** `codilens lab`: the page's server, which answers to its own names alone, and the folder for any host. */
// @needs build, time

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const PROGRAM = ["scripts/codilens.mjs", "lab"];
const folder = temporaryFolder("codilens-lab-");

function lab(...args: string[]) {
  return spawnSync(process.execPath, [...PROGRAM, ...args], { encoding: "utf8" });
}

describe("--build", () => {
  const page = join(folder, "page");

  test("writes page, engine and model, and says how much; a second time it writes the same", () => {
    const first = lab("--build", page, "--json");
    expect([first.status, first.status === 0 ? "" : first.stderr]).toEqual([0, ""]);
    const { files, bytes } = JSON.parse(first.stdout) as { files: number; bytes: number };
    const list = JSON.parse(readFileSync(join(page, "lab-files.json"), "utf8")) as string[];
    expect(list).toHaveLength(files);
    expect(bytes).toBeLessThan(25e6);
    for (const each of ["index.html", "example.json", "model/model.safetensors", "wasm/tfjs-backend-wasm-simd.wasm"])
      expect(list).toContain(each);
    expect(list.filter((each) => !existsSync(join(page, each)))).toEqual([]);
    writeFileSync(join(page, "lab-files.json"), JSON.stringify([...list, "assets/old.js"]));
    writeFileSync(join(page, "assets", "old.js"), "");
    writeFileSync(join(page, "mine.txt"), "mine");
    const second = lab("--build", page, "--json");
    expect([second.status, JSON.parse(second.stdout)]).toEqual([0, JSON.parse(first.stdout)]);
    // What it wrote once and no longer needs goes; what it did not write stays.
    expect(existsSync(join(page, "assets", "old.js"))).toBe(false);
    expect(existsSync(join(page, "mine.txt"))).toBe(true);
  });

  test("with a protocol of one's own has its file beside the page, and says how the page takes it", () => {
    const own = join(folder, "mine.mjs");
    writeFileSync(own, 'export default { name: "mine" };');
    const { status, stdout, stderr } = lab("--build", join(folder, "with-own"), "--protocol", own);
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/with the protocol: index\.html\?protocol=own\/mine\.mjs/);
    expect(readFileSync(join(folder, "with-own", "own", "mine.mjs"), "utf8")).toBe(readFileSync(own, "utf8"));
    writeFileSync(own, "export const study = {};");
    expect(lab("--build", join(folder, "with-bad"), "--protocol", own)).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/it exports study, wanted a protocol/),
    });
  });

  test.each([
    [
      "a folder with something else in it",
      (place: string) => {
        mkdirSync(place);
        writeFileSync(join(place, "thesis.tex"), "");
      },
      /holds thesis\.tex\) and was not written by codilens lab/,
    ],
    [
      "a folder with another list",
      (place: string) => {
        mkdirSync(place);
        writeFileSync(join(place, "lab-files.json"), "{}");
      },
      /was not written by codilens lab/,
    ],
    ["a file", (place: string) => writeFileSync(place, ""), /is a file, wanted a folder/],
  ] as const)("refuses %s and leaves it as it is", (name, make, message) => {
    const place = join(folder, name.replaceAll(" ", "-"));
    make(place);
    const { status, stderr } = lab("--build", place);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message) as string]);
    expect(stderr).toMatch(/→ name .* by --build/);
    if (name !== "a file") expect(readdirSync(place)).toHaveLength(1);
  });

  test("removes nothing outside the folder, whatever an old list says", () => {
    const place = join(folder, "old");
    mkdirSync(place);
    writeFileSync(join(folder, "outside.txt"), "mine");
    writeFileSync(
      join(place, "lab-files.json"),
      JSON.stringify(["../outside.txt", "/etc/hostname", "a/../../outside.txt"]),
    );
    expect(lab("--build", place).status).toBe(0);
    expect(existsSync(join(folder, "outside.txt"))).toBe(true);
  });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe("the server", () => {
  let url = new URL("http://127.0.0.1/");
  let child: ReturnType<typeof spawn>;

  beforeAll(async () => {
    child = spawn(process.execPath, [...PROGRAM, "--no-open", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    url = await new Promise((done) =>
      child.stdout?.on("data", (text) => {
        said += String(text);
        if (said.endsWith("}\n")) done(new URL((JSON.parse(said) as { url: string }).url));
      }),
    );
  });
  afterAll(() => void child?.kill());

  function ask(path: string, { method = "GET", host = url.host } = {}): Promise<Answer> {
    return new Promise((done, fail) => {
      const sent = request({ host: url.hostname, port: url.port, path, method, headers: { host } }, (response) => {
        let body = "";
        response.on("data", (text) => {
          body += String(text);
        });
        response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      sent.on("error", fail);
      sent.end();
    });
  }

  test("listens on this machine alone, and gives the page with its policy as a header too", async () => {
    expect(url.hostname).toBe("127.0.0.1");
    // Another address of this machine: a server of all of them would answer there.
    const heard = await new Promise<string>((done) => {
      const socket = connect({ host: "127.0.0.2", port: Number(url.port) }, () => {
        socket.destroy();
        done("connected");
      });
      socket.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    });
    expect(heard).toBe("ECONNREFUSED");
    const { status, headers, body } = await ask("/");
    expect(status).toBe(200);
    const [, policy = ""] = /Content-Security-Policy"\s+content="([^"]*)"/.exec(body) ?? [];
    expect(headers["content-security-policy"]).toBe(`${policy}; frame-ancestors 'none'`);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect((await ask("/wasm/tfjs-backend-wasm-simd.wasm", { method: "HEAD" })).headers["content-type"]).toBe(
      "application/wasm",
    );
  });

  test.each(["evil.example", "127.0.0.1", "127.0.0.1.evil.example:80", "[::1]"])(
    "answers nothing to a browser that was led here by the name %s",
    async (host) => {
      expect((await ask("/", { host })).status).toBe(403);
    },
  );

  test("answers to localhost, gives no file outside its list, and takes nothing", async () => {
    expect((await ask("/", { host: `localhost:${url.port}` })).status).toBe(200);
    for (const path of ["/../package.json", "/%2e%2e/package.json", "/model/../index.html", "/model", "/LICENSE", "//"])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
  });

  test("says which port cannot be had", () => {
    const { status, stderr } = lab("--no-open", "--port", url.port);
    expect([status, stderr]).toEqual([
      5,
      expect.stringContaining(`Port ${url.port} of 127.0.0.1 cannot be had`) as string,
    ]);
    expect(lab("--port", "70000").status).toBe(2);
  });
});
