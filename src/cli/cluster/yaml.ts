/** Plain data as YAML in blocks, for people to read and kubectl to apply. */

/** What YAML is written from. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml };

/** One document, without its last line break. */
export function yamlText(value: Yaml): string {
  return linesOf(value).join("\n");
}

function linesOf(value: Yaml): string[] {
  if (isList(value)) return value.length === 0 ? ["[]"] : value.flatMap((item) => itemLines(item));
  if (typeof value === "object" && Object.keys(value).length === 0) return ["{}"];
  if (typeof value === "object") return Object.entries(value).flatMap(([key, each]) => entryLines(key, each));
  return [scalar(value)];
}

function itemLines(item: Yaml): string[] {
  const [first = "", ...rest] = isBlock(item) ? ["|", ...indented(item)] : linesOf(item);
  return [`- ${first}`, ...(isBlock(item) ? rest : rest.map((line) => `  ${line}`))];
}

function entryLines(key: string, value: Yaml): string[] {
  const name = scalar(key);
  if (isBlock(value)) return [`${name}: |`, ...indented(value)];
  if (isList(value) && value.length > 0 && value.every((each) => typeof each === "number"))
    return [`${name}: [${value.join(", ")}]`];
  const lines = linesOf(value);
  if (typeof value !== "object" || Object.keys(value).length === 0) return [`${name}: ${lines.join("")}`];
  return [`${name}:`, ...(isList(value) ? lines : lines.map((line) => `  ${line}`))];
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}

/** Text of several lines, each ended, that a block keeps as it is: anything else stands in quotes. */
function isBlock(value: Yaml): value is string {
  return (
    typeof value === "string" && /^[^\s\p{C}](?:[^\p{C}\p{Zl}\p{Zp}]*\n)+$/u.test(value) && !value.endsWith("\n\n")
  );
}

function indented(text: string): string[] {
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`));
}

/** Words that YAML reads as something else than text are quoted, as is all that is not plain. */
function scalar(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  const isPlain = /^[A-Za-z/][\w./-]*$/.test(value) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}
