/** A project whose tools are fakes: for tests of the set-up's own decisions. */

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/temporary.js";

const WHEEL = "not a real wheel";

/** A project with scripts, a fresh cache, and a PATH that holds only what the test puts there. */
export function makeProject(options: {
  readonly sha256?: string;
  readonly python?: string | null;
  readonly compiler?: string | null;
}): { dir: string; env: NodeJS.ProcessEnv; cache: string } {
  const dir = temporaryFolder("codilens-setup-");
  cpSync("scripts", join(dir, "scripts"), { recursive: true });
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "codilens", version: "0.1.0", type: "module" }));
  const tfjs = join(dir, "node_modules", "@tensorflow", "tfjs-node-gpu");
  mkdirSync(join(tfjs, "scripts"), { recursive: true });
  writeFileSync(join(tfjs, "package.json"), JSON.stringify({ version: "4.22.0", main: "index.js" }));
  // Computes once a binding lies where tfjs-node looks for it, which it asks another package for.
  writeFileSync(
    join(tfjs, "index.js"),
    'require("node:fs").readFileSync(require("@mapbox/node-pre-gyp").find()); exports.matMul = () => ({ dataSync: () => [17, 39] });',
  );
  const finder = join(dir, "node_modules", "@mapbox", "node-pre-gyp");
  mkdirSync(finder, { recursive: true });
  writeFileSync(
    join(finder, "index.js"),
    `exports.find = () => ${JSON.stringify(join(tfjs, "lib/napi-v8/tfjs_binding.node"))};`,
  );
  // The package's own download, as it ends where its host cannot be reached.
  writeFileSync(join(tfjs, "scripts", "install.js"), 'console.error("host not reachable"); process.exit(1);');
  mkdirSync(join(dir, "dist", "cli"), { recursive: true });
  writeFileSync(
    join(dir, "dist", "cli", "main.js"),
    "export const lostOptions = () => null; export async function runCli() { console.log('ran'); }",
  );
  const bin = join(dir, "bin");
  mkdirSync(bin);
  const tool = (name: string, body: string | null | undefined): void => {
    if (body == null) return;
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  tool("python3", options.python === undefined ? fakePip(`printf '%s' '${WHEEL}' > "$dir/tf.whl"`) : options.python);
  tool("g++", options.compiler === undefined ? "exit 0" : options.compiler);
  for (const name of ["sh", "cat", "sleep", "mkdir"]) symlinkSync(`/bin/${name}`, join(bin, name));
  const lock = join(dir, "pins.json");
  const sha256 = options.sha256 ?? createHash("sha256").update(WHEEL).digest("hex");
  writeFileSync(
    lock,
    JSON.stringify({
      tensorflow: "9.9.9",
      platforms: {
        [`${process.platform}-${process.arch}`]: {
          cpu: { requirement: "tensorflow-cpu==9.9.9", sha256 },
          gpu: {
            requirement: "tensorflow==9.9.9",
            sha256,
            nvidia: ["cublas", "cudnn"].map((name) => ({ requirement: `nvidia-${name}-cu12==1.0`, sha256 })),
          },
          pipPlatform: ["any"],
          python: "3.11",
          abi: "cp311",
        },
      },
    }),
  );
  const cache = join(dir, "cache");
  return { dir, cache, env: { PATH: bin, HOME: dir, CODILENS_CACHE: cache, CODILENS_ENGINE_LOCK: lock } };
}

/** pip that answers `--version`, and on `download` runs `body` with `$dir` set to the target. */
export function fakePip(body: string): string {
  return `case "$*" in *--version*) exit 0;; *download*) while [ "$1" != "-d" ]; do shift; done; dir="$2"; ${body};; *) echo "unpacking failed" >&2; exit 1;; esac`;
}

/** Runs the entry script with the made project's PATH; the fake program prints `ran`. */
export function experiment(
  { dir, env }: { dir: string; env: NodeJS.ProcessEnv },
  more: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dir, "scripts", "codilens.mjs"), "experiment"], {
    encoding: "utf8",
    env: { ...env, ...more },
  });
  return {
    status,
    stdout,
    lines: stderr
      .trim()
      .split("\n")
      .filter((line) => line !== ""),
  };
}

/** The same command without waiting. */
export function started({
  dir,
  env,
}: {
  dir: string;
  env: NodeJS.ProcessEnv;
}): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [join(dir, "scripts", "codilens.mjs"), "experiment"], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.once("close", (code) => done({ code, stderr })));
}
