/** What came from data, made safe for a page under a strict content policy. */

import { createHash } from "node:crypto";

/** Text that came from data: direction marks and control characters become visible. */
export function visibleText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === "\n" || char === "\t" ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Text that came from data, made safe for HTML; what cannot be seen becomes visible. */
export function escapeHtml(text: string): string {
  return visibleText(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** As `escapeHtml`, for sentences: a number stays on the line of its per cent sign, and an interval on one line. */
export function escapeProse(text: string): string {
  return escapeHtml(text)
    .replaceAll("95 %", "95\u00a0%")
    .replace(/\[[^\]]{1,40}\]/g, (each) => each.replaceAll(" ", "\u00a0"));
}

/** Gives every id of an inline SVG its own prefix, so that two figures cannot borrow each other's gradients. */
export function prefixIds(svg: string, prefix: string): string {
  return svg
    .replace(/\bid="([^"]+)"/g, `id="${prefix}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${prefix}-$1)`)
    .replace(/href="#([^"]+)"/g, `href="#${prefix}-$1"`);
}

/** Data as JSON for a `<script type="application/json">`: nothing in it can end the element. */
export function jsonBlock(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** A style sheet's or script's hash as its content policy names it. */
export function hashSource(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** Thousands of cells say that they are rectangles, which helps no one; what each shows is in its label. */
const PLAIN_CELL = ' aria-roledescription="rect mark"';

/** Hundredths of a unit cannot be seen, and half of a drawing's bytes are digits. */
function withShortNumbers(svg: string): string {
  return svg.replace(/ (?:d|transform|x|y)="[^"]*"/g, (each) =>
    each.replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))),
  );
}

/** A drawing for the inside of a page: ids of its own, no inline styles. */
export function inlineSvg(svg: string, prefix: string): string {
  const plain = prefixIds(
    withShortNumbers(svg)
      .replaceAll(PLAIN_CELL, "")
      .replace(/<\?xml[^>]*\?>\s*|<!DOCTYPE[^>]*>\s*/g, ""),
    prefix,
  );
  // Inline styles would need a looser content policy; presentation attributes mean the same.
  return plain.replace(/ style="([^"]*)"/g, (_, css: string) => {
    const pairs = css.split(";").flatMap((pair) => {
      const at = pair.indexOf(":");
      return at < 0 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const];
    });
    return pairs.map(([name, value]) => ` ${name}="${value}"`).join("");
  });
}
