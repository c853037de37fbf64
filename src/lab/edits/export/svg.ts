/** Pieces of a drawing as SVG text: everything is an attribute, so that the file looks the same wherever it is opened. */

/** Text that may stand in SVG. */
export function escaped(text: string): string {
  const NAMES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // Characters that XML cannot hold at all are shown as missing.
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replace(/[&<>"]/g, (c) => NAMES[c] ?? c);
}

/** Attributes of an element. */
export type Attributes = Readonly<Record<string, string | number>> & { readonly inner?: string };

/** One element. @param inner what it holds: text that is SVG already. */
export function element(name: string, { inner = "", ...attributes }: Attributes): string {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return inner === "" ? `<${name}${all.join("")}/>` : `<${name}${all.join("")}>${inner}</${name}>`;
}

/** A line of text. */
export function words(text: string, attributes: Attributes): string {
  return element("text", { ...attributes, inner: escaped(text) });
}

/** Size and title of a picture. */
export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
}

/** A whole picture on white. */
export function picture(parts: readonly string[], { width, height, title }: PictureOptions): string {
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const font = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif";
  const ground = element("rect", { width, height, fill: "#ffffff" });
  const inner = [element("title", { inner: escaped(title) }), ground, ...parts].join("\n");
  return `${element("svg", { xmlns: "http://www.w3.org/2000/svg", ...size, "font-family": font, role: "img", inner })}\n`;
}

/** The page's scale in its light colours, from nothing to all. */
export const SHADES = ["#f1f4f8", "#d3e1ef", "#a9c7e2", "#78a9d2", "#3a78ad", "#195b92", "#0a4478"] as const;

/** The colour of a share from 0 to 1 on the page's scale, and that of text upon it. */
export function shade(share: number): { readonly fill: string; readonly ink: string } {
  const step = Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * (SHADES.length - 1)) : 0;
  return { fill: SHADES[step] ?? "#ffffff", ink: step >= 4 ? "#ffffff" : "#16191d" };
}

/** A text in lines of at most so many characters, cut at blanks. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && last.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}
