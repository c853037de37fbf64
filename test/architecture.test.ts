/** Imports go one way, tensors and Node stay where they belong, exports are documented. */
// @needs nothing

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { entryPoints } from "../scripts/docs.mjs";
import { type Import, importsOf } from "../scripts/imports.mjs";
import { roomOf } from "../scripts/rooms.mjs";
import { testFiles } from "../scripts/tiers.mjs";
import { PROTOCOL_NAMES } from "../src/model/latent/protocols/names.js";

const files = walk("src");

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : /\.tsx?$/.test(path) ? [path] : [];
  });
}

// What is exported again counts as reached, its types too; what is loaded on demand has a test of its own.
const imports = files
  .flatMap(importsOf)
  .filter(({ kind }) => kind !== "on demand")
  .map((each) => ({ ...each, typeOnly: each.kind === "import" && each.typeOnly }));

/** The files behind `package.json`'s exports, as sources. */
const ENTRIES = entryPoints();

const says = ({ file, line, target }: Import): string => `${file}:${line} imports ${target}`;

/** Rank of a file of the model within it. */
function rank(file: string): number {
  const order = [
    /^src\/model\/assumed/,
    /^src\/model\/tensor/,
    /^src\/model\/gradient/,
    /^src\/model\/(decoder\/(?:\w+\/)?(?:config|famil)|latent\/(config|protocols\/(names|loop|decide)))/,
    /^src\/model\/(checkpoint|tokenizer|hooks)/,
    /^src\/model\/decoder/,
    /^src\/model\/latent/,
  ];
  return order.findIndex((pattern) => pattern.test(file));
}

describe("the layout", () => {
  test("every file stands in a room, or is an entry that no other imports", () => {
    expect(files.filter((file) => roomOf(file) < 0)).toEqual([]);
    expect(files.filter((file) => dirname(file) === "src").sort()).toEqual([...ENTRIES].sort());
    // The page is a program of its own, and takes the model as any other program in a browser does.
    const ofEntries = imports.filter(({ target }) => dirname(target) === "src");
    expect(ofEntries.filter(({ file }) => !file.startsWith("src/lab/")).map(says)).toEqual([]);
    expect([...new Set(ofEntries.map(({ target }) => target))]).toEqual(["src/browser.ts"]);
  });

  test("imports go from the right to the left", () => {
    const wrong = imports.filter(({ file, target }) => target.startsWith("src/") && roomOf(target) > roomOf(file));
    expect(wrong.map(says)).toEqual([]);
  });

  test("the page takes plain rooms, the shape of a record and the browser's entry, runs without Node, and no other room takes anything from it", () => {
    const ofPage = imports.filter(({ file }) => file.startsWith("src/lab/"));
    const allowed =
      /^src\/(?:lab|base|statistics)\/|^src\/browser\.ts$|^src\/records\/record(?:-text)?\.ts$|^(?:preact|@preact\/signals|zod)(?:\/|$)|\.css$/;
    expect(ofPage.filter(({ target }) => !allowed.test(target)).map(says)).toEqual([]);
    expect([...reachedFrom("src/lab/page/main.tsx", "src/lab/worker/worker.ts")]).toContain("src/browser.ts");
    const back = imports.filter(({ file, target }) => target.startsWith("src/lab/") && !file.startsWith("src/lab/"));
    expect(back.map(says)).toEqual([]);
  });

  test("what the page computes and keeps has no document, and its panels have no tensor", () => {
    const pure = files.filter((file) => /^src\/lab\/(?:edits|session)\//.test(file));
    expect(pure.filter((file) => /\b(?:document|window)\./.test(readFileSync(file, "utf8")))).toEqual([]);
    expect([...reachedFrom("src/lab/page/main.tsx")].filter(isEngine)).toEqual([]);
  });

  test("imports within the model go one way", () => {
    const inModel = imports.filter(({ file, target }) => [file, target].every((each) => each.startsWith("src/model/")));
    expect(inModel.filter(({ file, target }) => rank(target) > rank(file)).map(says)).toEqual([]);
  });

  test("base and statistics know neither Node nor tensors, disk no tensors", () => {
    const outer = imports.filter(
      ({ file, target }) => /^src\/(?:base|statistics|disk)\//.test(file) && !target.startsWith("src/"),
    );
    const plain = ({ file, target }: Import): boolean =>
      file.startsWith("src/disk/") ? !target.startsWith("@tensorflow") : !/^(?:node:|@tensorflow)/.test(target);
    expect(outer.filter((each) => !plain(each)).map(says)).toEqual([]);
  });

  test("no cycles, by types neither", () => {
    const edges = new Map(
      files.map((file) => [file, imports.filter((each) => each.file === file).map(({ target }) => target)]),
    );
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      else if (path.length < 40)
        for (const next of edges.get(file) ?? []) if (!done.has(next)) visit(next, [...path, file]);
      done.add(file);
    };
    const done = new Set<string>();
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test("one file imports TensorFlow.js", () => {
    expect(imports.filter(({ target }) => target.startsWith("@tensorflow")).map(({ file }) => file)).toEqual([
      "src/model/tensor/tf.ts",
    ]);
  });

  test("on demand come the engine's choice, parquet files, drawings, commands, what a run needs before and after it, and studies' files", () => {
    const onDemand = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/\bimport\(\s*([^)]*?)\s*\)/g)].map(([, target]) => ({ file, target })),
    );
    // Lazy commands keep --help and analyze from loading the engine.
    const commands = ["src/cli/cluster-options.ts", "src/cli/main.ts"];
    const lazy = onDemand.filter(({ file }) => commands.includes(file)).map(({ target }) => target ?? "");
    expect([...new Set(lazy)].sort()).toEqual(
      [
        ...["analyze", "experiment", "export", "k8s", "lab", "merge", "open", "power", "slurm", "studies", "trace"],
        ...["weights", "weights-download", "worker"],
      ]
        .map((name) => `"./commands/${name}.js"`)
        .sort(),
    );
    // A study's or a protocol's file is the user's own program, named on the command line.
    const others = [
      ...commands,
      // So that only threads that draw load it.
      "src/analysis/lanes/tasks.ts",
      "src/analysis/lanes/thread.ts",
      // Statistics and tables are needed when the records are there; until then the engine should start.
      "src/cli/commands/experiment.ts",
      "src/disk/own-program.ts",
      "src/exhibits/parquet.ts",
      "src/lab/worker/own-protocol.ts",
      "src/experiments/problems/parquet.ts",
      // BullMQ and ioredis, which are optional.
      "src/experiments/queue/packages.ts",
      // A worker's process that is left alone hears of it, and ends, while it loads the engine.
      "src/experiments/work/compute-child.ts",
      // Vega and the canvas: most scripts draw nothing.
      "src/library/drawing.ts",
      // The coordinator of a run, and what merges shards: most scripts ask the model themselves.
      "src/library/merge-shards.ts",
      "src/library/run-experiment.ts",
      // Which engine computes is chosen at run time, and the packages of WebGPU are optional.
      "src/model/tensor/engines/browser-wasm.ts",
      "src/model/tensor/engines/installed.ts",
      "src/model/tensor/engines/webgpu.ts",
      "src/model/tensor/engines/webgpu-device.ts",
      // A plan knows the study, and loads no engine.
      "src/studies/edges/circuits.ts",
    ];
    expect(onDemand.filter(({ file }) => !others.includes(file))).toEqual([]);
  });

  test("--help, analyze, open, power and studies reach no file of the engine", () => {
    const reached = reachedFrom(
      "src/cli/main.ts",
      ...["analyze", "open", "power", "studies"].map((name) => `src/cli/commands/${name}.ts`),
    );
    expect(reached.has("src/analysis/index.ts")).toBe(true);
    // Studies are written in interventions, which are text and zod.
    // What a protocol is, and how it reads an answer, is text as well.
    const plain =
      /^src\/model\/(?:assumed|hooks\/(?:interventions|operation|scope|address|names)|latent\/(?:protocols\/[\w-]+|answer\/(?!row-)[\w-]+)|tensor\/(?:engine|hold)-names)\.ts$/;
    expect([...reached].filter((file) => file.startsWith("src/model/") && !plain.test(file))).toEqual([]);
    expect([...reached].filter((file) => file.startsWith("@tensorflow"))).toEqual([]);
  });

  test("start-up is light: no study's finding and no analysis before the records are there, no coordinator before a run", () => {
    const late =
      /^src\/(?:analysis\/(?:index|summary)|studies\/(?:findings|[\w-]+\/finding)|experiments\/work\/run-apart)\.ts$/;
    const command = [...reachedFrom("src/cli/main.ts", "src/cli/commands/experiment.ts")];
    expect(command).toContain("src/studies/stories.ts");
    expect(command.filter((file) => late.test(file))).toEqual(["src/experiments/work/run-apart.ts"]);
    const library = [...reachedFrom("src/index.ts")];
    expect(library).toContain("src/studies/stories.ts");
    expect(library.filter((file) => late.test(file))).toEqual([]);
  });

  test("the command that coordinates an experiment plans it and loads no engine, the worker's process does", () => {
    // What the machine has of memory and cores is asked of the kernel.
    const loadsEngine = (file: string): boolean =>
      /^@tensorflow|^src\/model\/tensor\/(?:tf|engines\/(?!host|cores).*)\.ts$/.test(file);
    const coordinator = reachedFrom("src/cli/main.ts", "src/cli/commands/experiment.ts");
    expect([...coordinator]).toContain("src/experiments/jobs/plan-jobs.ts");
    expect([...coordinator].filter(loadsEngine)).toEqual([]);
    for (const name of ["k8s", "merge", "slurm"])
      expect([...reachedFrom(`src/cli/commands/${name}.ts`)].filter(loadsEngine)).toEqual([]);
    // The worker's process itself loads it on demand.
    expect([...reachedFrom("src/experiments/work/local-worker.ts")].filter(loadsEngine)).toContain(
      "@tensorflow/tfjs-core",
    );
  });

  test("what the browser's entry reaches has no Node module, and asks Node for nothing", () => {
    const reached = [...reachedFrom("src/browser.ts")];
    expect(reached).toContain("src/model/latent/run/run-batch.ts");
    // The set-up's own modules are Node's, but for the one that `doctor` shares with the engine.
    const plain = ["scripts/setup/webgpu-adapter.mjs"];
    expect(reached.filter((file) => file.startsWith("node:") || /\.mjs$/.test(file))).toEqual(plain);
    const asks = (file: string): boolean => /\b(?:process|Buffer)\.|\brequire\(/.test(readFileSync(file, "utf8"));
    expect(reached.filter((file) => (file.startsWith("src/") || plain.includes(file)) && asks(file))).toEqual([]);
  });

  test("the entries without a model reach no file of the engine", () => {
    const analysis = [...reachedFrom("src/analysis.ts", "src/statistics.ts")];
    expect(analysis).toContain("src/analysis/summary.ts");
    expect(analysis.filter(isEngine)).toEqual([]);
  });

  test("from the first embedding to the last logits nothing waits, and nothing is read back", () => {
    const passes = ["latent-passes", "forced-pass", "loop"].map((name) => `src/model/latent/run/${name}.ts`);
    const synchronous = files.filter(
      (file) => file.startsWith("src/model/decoder/") || [...passes, "src/model/latent/projection.ts"].includes(file),
    );
    expect(synchronous).toEqual(expect.arrayContaining(passes));
    const waits = /\b(?:async|await)\b|(?<!\bz)\.(?:data|dataSync|array|arraySync)(?:<[^>]*>)?\(/;
    expect(synchronous.filter((file) => waits.test(readFileSync(file, "utf8")))).toEqual([]);
  });

  test("only the loader knows the decoder's family", () => {
    const family = imports.filter(
      ({ file, target }) => /^src\/model\/decoder\/[^/]+\//.test(target) && dirname(file) !== dirname(target),
    );
    // Two lists name them all, one without tensors; and Qwen2 is LLaMA with a bias.
    const mayName = ({ file, target }: Import): boolean =>
      /^src\/model\/decoder\/(?:families|make-decoder)\.ts$/.test(file) ||
      (file.startsWith("src/model/decoder/qwen2/") && target.startsWith("src/model/decoder/llama/"));
    expect(family.filter((each) => !mayName(each)).map(says)).toEqual([]);
    expect(family.length).toBeGreaterThan(0);
  });

  test("a protocol is asked, never told by its name, outside protocols", () => {
    const named = files.filter((file) => !file.startsWith("src/model/latent/protocols/")).flatMap(protocolNamesIn);
    // There a layout of weights has the name.
    // The page's tour says the word to its reader.
    // A dropped checkpoint's protocol is chosen there.
    const others = [
      "src/model/checkpoint/weight-map.ts",
      "src/lab/page/own/checkpoint-found.tsx",
      "src/lab/page/tour/steps.tsx",
    ];
    expect(named.filter((place) => !others.some((file) => place.startsWith(file)))).toEqual([]);
  });

  test("no default exports", () => {
    const found = files.filter((file) =>
      /^export\s+(?:default\b|\{[^}]*\bas default\b)/m.test(readFileSync(file, "utf8")),
    );
    expect(found).toEqual([]);
  });

  test("the model uses no Node API outside the checkpoint's folder, the engine's choice and the memory's size", () => {
    const allowed = [
      "src/model/checkpoint/folder.ts",
      "src/model/checkpoint/model-names.ts",
      ...files.filter((file) => file.startsWith("src/model/tensor/engines/")),
    ];
    expect(
      imports
        .filter(
          ({ file, target }) => file.startsWith("src/model") && target.startsWith("node:") && !allowed.includes(file),
        )
        .map(says),
    ).toEqual([]);
    expect(
      files.filter(
        (file) =>
          file.startsWith("src/model") &&
          !allowed.includes(file) &&
          /\b(?:process|Buffer)\./.test(readFileSync(file, "utf8")),
      ),
    ).toEqual([]);
  });

  test("the analysis reaches no engine, and no problem or plan of a run", () => {
    const foreign = imports.filter(({ file, target }) => file.startsWith("src/analysis/") && target.startsWith("src/"));
    const allowed =
      /^src\/(?:analysis|base|disk|statistics|exhibits|studies|records|model\/latent\/protocols)\/|^src\/model\/assumed\.ts$/;
    expect(foreign.filter(({ target }) => !allowed.test(target)).map(says)).toEqual([]);
  });

  test("the hub's downloader imports errors, sizes in words and atomic files, nothing else of this package", () => {
    // These two join it to the user's cache.
    const joints = ["src/hub/hub-model.ts", "src/hub/hold-folder.ts"];
    const foreign = imports.filter(
      ({ file, target }) => !joints.includes(file) && file.startsWith("src/hub") && /^src\/(?!hub\/)/.test(target),
    );
    const allowed = /^src\/(?:base\/(?:errors|bytes)|disk\/atomic-file)\.ts$/;
    expect(foreign.filter(({ target }) => !allowed.test(target)).map(says)).toEqual([]);
  });

  test("the analysis reaches studies by their findings and readings, those from outside too, stories, shared rows, conditions of all latents and record types only", () => {
    const allowed =
      /^src\/studies\/(?:finding|findings|readings|story|stories|shared\/(?:rows|units|tested|condition-outcomes|all-latents)|[a-z-]+\/record|baseline\/packed-attention|outside\/sides)\.ts$/;
    const reached = imports.filter(
      ({ file, target }) => file.startsWith("src/analysis/") && target.startsWith("src/studies/"),
    );
    expect(reached.length).toBeGreaterThan(10);
    expect(reached.filter(({ target }) => !allowed.test(target)).map(says)).toEqual([]);
  });

  test("what findings.ts reaches has no tensor", () => {
    const reached = [...reachedFrom("src/studies/findings.ts")];
    expect(reached).toContain("src/studies/residual/finding.ts");
    expect(reached.filter(isEngine)).toEqual([]);
  });

  test("no study's name stands as a literal outside its folder", () => {
    const found = files
      // In the page's panels they are names of terms that are explained, such as the lens.
      .filter((file) => !file.startsWith("src/analysis/main/") && !/^src\/lab\/page\/.*\.tsx$/.test(file))
      // An exchange's option is called after what it takes, a subspace.
      .filter((file) => file !== "src/model/hooks/bound-operations.ts")
      .flatMap((file) => {
        const own = /^src\/studies\/([a-z-]+)\//.exec(file)?.[1];
        return literalsIn(
          file,
          STUDY_FOLDERS.filter((name) => name !== own),
        ).map(({ text }) => `${file} ${text}`);
      });
    expect([...new Set(found)]).toEqual([]);
  });

  test("every test file says what it needs, in a line such as `// @needs engine` (words: scripts/tiers.mjs)", () => {
    expect(testFiles().flatMap(({ file, needs }) => (needs === null ? [file] : []))).toEqual([]);
  });

  test("no file is longer than 400 lines", () => {
    expect(files.filter((file) => readFileSync(file, "utf8").split("\n").length > 400)).toEqual([]);
  });

  test("every exported function, class, interface and type says what it is", () => {
    const silent = files.flatMap((file) => {
      const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
      return source.statements
        .filter((statement) => isExported(statement) && ts.getJSDocCommentsAndTags(statement).length === 0)
        .map((statement) => `${file}: ${statement.getText().split("\n")[0]}`);
    });
    expect(silent).toEqual([]);
  });
});

/** Whether a file computes with tensors. */
function isEngine(file: string): boolean {
  return /^@tensorflow|^src\/model\/(?:tensor|decoder|latent\/(?!protocols\/|answer\/(?!row-)))/.test(file);
}

/** All that some files import, by value, directly or not. */
function reachedFrom(...starts: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const reach = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const each of imports) if (each.file === file && !each.typeOnly) reach(each.target);
  };
  for (const file of starts) reach(file);
  return reached;
}

/** Folders of studies: what a study is called. `attention` is left out, for it is a word for what many of them measure. */
const STUDY_FOLDERS: readonly string[] = [
  ...new Set(files.flatMap((file) => /^src\/studies\/([a-z-]+)\//.exec(file)?.[1] ?? [])),
].filter((name) => !["shared", "baseline", "attention"].includes(name));

/** Lines with a protocol's name as a literal. */
function protocolNamesIn(file: string): string[] {
  // One of them is a common word, and stands for other things too.
  const names = PROTOCOL_NAMES.filter((name) => name !== "none");
  return literalsIn(file, names).map(({ line, text }) => `${file}:${line} "${text}"`);
}

/** Literals with one of some texts; keys of types (`Pick<…, "seed">`) are none. */
function literalsIn(file: string, texts: readonly string[]): { readonly line: number; readonly text: string }[] {
  const whole = readFileSync(file, "utf8");
  if (!texts.some((text) => whole.includes(`"${text}"`))) return [];
  const source = ts.createSourceFile(file, whole, ts.ScriptTarget.Latest, true);
  const found: { readonly line: number; readonly text: string }[] = [];
  const visit = (node: ts.Node): void => {
    const isKey =
      ts.findAncestor(node, (each) => ts.isTypeReferenceNode(each) || ts.isIndexedAccessTypeNode(each)) !== undefined;
    if (ts.isStringLiteralLike(node) && texts.includes(node.text) && !isKey)
      found.push({ line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, text: node.text });
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return found;
}

function isExported(statement: ts.Statement): boolean {
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isVariableStatement(statement);
  return named && (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);
}
