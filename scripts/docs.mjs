/**
 * `npm run docs`: README, every page of docs and the public API as a site in `site/`, which opens from disk: site/index.html.
 * Another folder: `npm run docs -- FOLDER`.
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { project, say, setupError, took } from "./setup/places.mjs";
import { checkNode, ensureDependencies } from "./setup/prepare.mjs";

/** Pages outside docs, which README and docs link to. */
const MORE_PAGES = [
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "examples/README.md",
  "bench/RESULTS.md",
  "weights/README.md",
  "weights/tiny-codi/README.md",
  "weights/tiny-pause/README.md",
  "weights/tiny-coconut/README.md",
  "weights/tiny-coconut-pause/README.md",
];

/** The modules that the package exports, as their sources: `./dist/index.js` is `src/index.ts`. */
export function entryPoints(manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"))) {
  return Object.values(manifest.exports)
    .flatMap((each) => (typeof each === "object" ? [each.types] : []))
    .map((each) => each.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts"));
}

/** Every page of the site but README, in the order of its navigation. */
export function pages(root = project) {
  const found = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .map((each) => `docs/${each.replaceAll("\\", "/")}`)
    .filter((each) => each.endsWith(".md"));
  const depth = (each) => each.split("/").length;
  return [...found.sort((a, b) => depth(a) - depth(b) || a.localeCompare(b)), ...MORE_PAGES];
}

/**
 * Writes the site.
 *
 * @returns what TypeDoc complained about; a link that leads nowhere is among it.
 */
export async function writeSite(out) {
  const { Application, Converter, LogLevel, ReflectionKind, Renderer } = await import("typedoc");
  const app = await Application.bootstrap({
    name: "CodiLens",
    entryPoints: entryPoints().map((each) => join(project, each)),
    tsconfig: join(project, "tsconfig.build.json"),
    readme: join(project, "README.md"),
    projectDocuments: pages().map((each) => join(project, each)),
    out,
    router: "structure",
    // Nothing outside the folder: no repository is asked for, no link to sources is made up.
    disableGit: true,
    disableSources: true,
    hideGenerator: true,
    githubPages: false,
    includeVersion: true,
    excludeInternal: true,
    excludeExternals: true,
    excludePrivate: true,
    headings: { readme: false, document: true },
    searchInComments: true,
    searchInDocuments: true,
    navigation: { includeGroups: true, includeCategories: true },
    // A file's name in a sentence is no web address.
    markdownItOptions: { html: true, linkify: false },
    sort: ["source-order"],
    sortEntryPoints: false,
    groupOrder: ["Guides", "Project", "Decisions", "Modules", "*"],
    kindSortOrder: ["Document", "Function", "Variable", "Class", "Interface", "TypeAlias"],
    highlightLanguages: ["ts", "js", "sh", "json", "jsonl", "python", "text", "tex"],
    validation: {
      notExported: false,
      invalidLink: true,
      invalidPath: true,
      rewrittenLink: false,
      notDocumented: false,
    },
    logLevel: LogLevel.Warn,
  });
  const complaints = [];
  app.logger.log = (message, level) => level >= LogLevel.Warn && complaints.push(message);
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    document.frontmatter.group = groupOf(document.name);
    takeTitle(document);
  });
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, declaration) => {
    if (declaration.kindOf(ReflectionKind.Module)) declaration.name = moduleName(declaration.name);
  });
  // Every page holds its icons too; from another file a browser takes none of a page that was opened from disk.
  app.renderer.on(Renderer.EVENT_END_PAGE, (page) => {
    page.contents = page.contents?.replace(/href="[./]*assets\/icons\.svg#/g, 'href="#');
  });
  const made = await app.convert();
  if (made === undefined) throw setupError(`the public API does not compile:\n${complaints.join("\n")}`, 1);
  app.validate(made);
  await app.generateOutputs(made);
  return complaints;
}

/** `index` is what `import … from "codilens"` gives, `analysis` is `codilens/analysis`. */
function moduleName(name) {
  return name === "index" ? "codilens" : `codilens/${name}`;
}

/** Where a page stands in the navigation, by its path. */
function groupOf(path) {
  if (path.startsWith("docs/adr/")) return "Decisions";
  return path.startsWith("docs/") ? "Guides" : "Project";
}

/** A page is called what its first heading says, which the site shows above it. */
function takeTitle(document) {
  const [first] = document.content;
  const [heading, title] = /^\s*# (.+)\n/.exec(first?.text ?? "") ?? [];
  if (title === undefined) return;
  document.name = title.replaceAll("`", "");
  first.text = first.text.slice(heading.length);
}

async function main() {
  checkNode();
  await ensureDependencies();
  const start = Date.now();
  const out = resolve(process.argv[2] ?? join(project, "site"));
  const complaints = await writeSite(out);
  for (const each of complaints) say(each);
  if (complaints.length > 0) throw setupError(`the site has ${complaints.length} faults, listed above`, 1);
  say(`${pages().length + 1} pages and the API in ${took(start)}: ${relative(process.cwd(), join(out, "index.html"))}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  main().catch((error) => {
    say(error.exitCode === undefined ? `${basename(import.meta.url)} could not run: ${error.stack}` : error.message);
    process.exitCode = error.exitCode ?? 1;
  });
