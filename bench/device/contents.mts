/** What the folder of `bench/device.sh` holds: which files of the project and of its packages a run of the group `gpu` reads. */

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** Packages that the engine by WebGPU and the runs load, their own dependencies included. */
const PACKAGES = [
  "@huggingface/tokenizers",
  "@tensorflow/tfjs-backend-cpu",
  "@tensorflow/tfjs-backend-webgpu",
  "@tensorflow/tfjs-core",
  "node-fetch",
  "pure-rand",
  "seedrandom",
  "webgpu",
  "whatwg-url",
  "tr46",
  "webidl-conversions",
  "zod",
] as const;

/** Places of a copy. */
export interface Places {
  readonly project: string;
  readonly stage: string;
}

/** Copies everything: the compiled `src`, the bench compiled, the set-up, the embedded model, and packages. */
export function copyContents({ project, stage }: Places): void {
  const from = (path: string): string => join(project, path);
  const to = (path: string): string => join(stage, path);
  // The bench imports `../src/…`, and what it means is compiled there.
  copy(from("dist"), to("src"), (path) => /\.js$/.test(path) && !path.startsWith("lab/"));
  // The kernels' sources too: an engine is noted with a mark of them.
  copy(
    from("scripts/setup"),
    to("scripts/setup"),
    (path) => /\.(mjs|json|h|inc|cc)$/.test(path) && !path.startsWith("test-"),
  );
  copy(from("weights/tiny-codi"), to("weights/tiny-codi"), (path) => !/^make\/|\.(pt|md)$/.test(path));
  copy(from("bench"), to("bench"), (path) => /^contenders\/.*\.(py|mjs)$/.test(path));
  compile(from("bench"), to("bench"));
  cpSync(from("package.json"), to("package.json"));
  for (const name of PACKAGES) copyPackage(name, { project, stage });
}

/** Type annotations fall away, and nothing else changes. */
function compile(from: string, to: string): void {
  const files = ts.sys.readDirectory(from, [".mts"], ["device", "simulate"]);
  for (const file of files) {
    const path = join(to, file.slice(from.length).replace(/\.mts$/, ".mjs"));
    mkdirSync(dirname(path), { recursive: true });
    const compilerOptions = {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    };
    writeFileSync(path, ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions }).outputText);
  }
}

/** What Node loads of it: tfjs's packages hold the same code in ten forms, Dawn's a build for each platform. */
function copyPackage(name: string, { project, stage }: Places): void {
  const own = `${process.platform}-${process.arch}`;
  copy(join(project, "node_modules", name), join(stage, "node_modules", name), (path) => {
    if (path === "package.json") return true;
    if (name === "webgpu") return path === "index.js" || path === `dist/${own}/dawn.node`;
    if (name.startsWith("@tensorflow/")) return /^dist\/[\w-]+\.node\.js$/.test(path);
    return /\.(js|cjs|mjs|json)$/.test(path) && !/\.min\.|(^|\/)(src|test|tests)\//.test(path);
  });
}

/** @param wants is asked of every file, by its path in the folder. */
function copy(from: string, to: string, wants: (path: string) => boolean): void {
  if (!existsSync(from)) throw new Error(`${from} is missing: npm ci, and npm run build`);
  for (const file of ts.sys.readDirectory(from, undefined, undefined, ["**/*", "**/.*"])) {
    const path = file.slice(from.length + 1);
    if (!wants(path)) continue;
    mkdirSync(dirname(join(to, path)), { recursive: true });
    cpSync(file, join(to, path));
  }
}
