/** How every page begins: a content policy, one style sheet, a title. */

import { hashSource } from "./html.js";
import { REPORT_STYLE } from "./style.js";

/**
 * From the document's type to the end of its head.
 *
 * @param title escaped already. @param allowed what the page may do beside using its style sheet: `script-src '…'; img-src data:; `.
 */
export function pageHead(title: string, allowed = ""): string {
  const policy = `default-src 'none'; style-src '${hashSource(REPORT_STYLE)}'; ${allowed}base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${REPORT_STYLE}</style></head>`;
}
