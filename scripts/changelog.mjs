/** CHANGELOG.md as data: its versions, newest first, each with its headings. */

const VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** @returns `[{ name, sections, lines }]`: `name` is a version or `Unreleased`, `lines` what is below it that is no heading. */
export function releases(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const [, marks, title = ""] = /^(#{2,})\s+(.+?)\s*$/.exec(line) ?? [];
    if (marks === "##") found.push({ name: title, sections: [], lines: [] });
    else if (marks !== undefined) found.at(-1)?.sections.push({ level: marks.length, title });
    else if (line.trim() !== "") found.at(-1)?.lines.push(line);
  }
  return found;
}

/** @returns a sentence for each fault of the file's shape; `version` is that of package.json, which must have its heading. */
export function faultsOf(text, version) {
  const all = releases(text);
  const versions = all.map(({ name }) => name).filter((name) => name !== "Unreleased");
  return [
    ...(text.startsWith("# Changelog\n") ? [] : ["the first line is not `# Changelog`"]),
    ...versions.filter((name) => !VERSION.test(name)).map((name) => `"${name}" is neither Unreleased nor a version`),
    ...versions.slice(1).flatMap((name, i) => notBelow(versions[i], name)),
    ...(all.findIndex(({ name }) => name === "Unreleased") > 0 ? ["Unreleased does not stand first"] : []),
    ...(versions.includes(version) ? [] : [`there is no heading "## ${version}"`]),
    ...all
      .filter(({ name, lines }) => name !== "Unreleased" && lines.length === 0)
      .map(({ name }) => `${name} is empty`),
    ...all.flatMap(({ name, sections }) =>
      sections
        .filter(({ level }) => level > 3)
        .map(({ title }) => `${name}: "${title}" is a heading below the third level`),
    ),
    ...all.flatMap(({ name, sections }) => twice(sections).map((title) => `${name}: "${title}" stands there twice`)),
  ];
}

function notBelow(newer, older) {
  return VERSION.test(newer) && VERSION.test(older) && !isNewer(newer, older)
    ? [`${older} stands below ${newer}, and is not older`]
    : [];
}

function twice(sections) {
  return sections.map(({ title }) => title).filter((title, i, all) => all.indexOf(title) !== i);
}

/** Is one version after the other? Of the same three numbers, the one with a suffix (`-beta.1`) comes before that without. */
export function isNewer(one, other) {
  const numbers = (version) => version.split("-")[0].split(".").map(Number);
  const [a, b] = [numbers(one), numbers(other)];
  const at = a.findIndex((number, i) => number !== b[i]);
  if (at >= 0) return a[at] > b[at];
  const [suffix, otherSuffix] = [one, other].map((version) => version.slice(version.split("-")[0].length));
  return suffix === "" ? otherSuffix !== "" : otherSuffix !== "" && suffix > otherSuffix;
}
