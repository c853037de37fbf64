/** How tables look: as wide as the page, heads in view, and row by row where a table would not fit. */

/** Widths in em below which a table's rows become blocks. */
export const STACKED_BELOW = Array.from({ length: 19 }, (_, i) => 12 + 4 * i);

/** A row as a block, each cell with its column's name; only where the script has put the names there. */
function stacked(width: number): string {
  const own = `:root[data-live] .below-${width}>table`;
  return `@container (max-width:${width}em){${own},${own} tbody,${own} tr,${own} td{display:block}${own} thead{display:none}${own} tr{border-bottom:2px solid var(--line);padding:.4rem 0}${own} td{display:grid;grid-template-columns:minmax(6rem,40%) 1fr;gap:.8rem;border:0;padding:.1rem 0;min-width:0}${own} td::before{content:attr(data-label);color:var(--soft)}}`;
}

/** Part of the report's style sheet. */
export const TABLE_STYLE = `
.scroll{overflow:auto;max-height:75vh;container-type:inline-size;border-bottom:1px solid var(--line);position:relative}
table{border-collapse:separate;border-spacing:0;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{text-align:left;padding:.32rem .8rem .32rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
thead th{position:sticky;top:0;z-index:1;background:var(--page);font-weight:600;vertical-align:bottom;overflow-wrap:normal}
.whole{white-space:nowrap}
th button{font:inherit;font-weight:600;text-align:left;color:inherit;background:none;border:0;border-radius:3px;padding:0;white-space:normal}
th[aria-sort=ascending] button::after{content:" ↑"}
th[aria-sort=descending] button::after{content:" ↓"}
.tools{display:flex;flex-wrap:wrap;gap:.4rem .6rem;align-items:center;justify-content:flex-end;margin:.7rem 0 .3rem}
.tools input{flex:0 1 14rem;min-width:6rem;margin-right:auto}
.tools output{color:var(--soft);font-size:.9rem}
.matrix td,.matrix th{padding:.1rem .5rem .1rem 0;white-space:nowrap}
.matrix th[scope=row]{font-weight:400;font-family:ui-monospace,monospace;position:sticky;left:0;background:var(--page)}
.matrix th.latent{font-family:inherit;color:var(--soft)}
.matrix .none{color:var(--soft)}
.matrix button[aria-pressed=true]{text-decoration:underline;text-underline-offset:3px;background:none;color:inherit}
${STACKED_BELOW.map(stacked).join("\n")}
`;
