/** The report's one style sheet; its hash stands in the page's content policy. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ink:#16181d;--soft:#545a66;--line:#d9dce3;--page:#fff;--panel:#f6f7f9;--accent:#0a62a9;--bad:#a3380a}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a6adba;--line:#363b45;--page:#14161a;--panel:#1d2026;--accent:#7cbcf5;--bad:#ff9d6e}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1060px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-top:1rem;border-top:1px solid var(--line)}
p{max-width:74ch;margin:.5rem 0}
.meta{color:var(--soft)}
.note{border-left:4px solid var(--bad);background:var(--panel);padding:.7rem 1rem;margin:1rem 0;max-width:74ch}
.answer{background:var(--panel);border-radius:6px;padding:.7rem 1.1rem;margin:1rem 0}
figure{margin:1.4rem 0;overflow-x:auto}
figure svg{display:block;max-width:100%;height:auto;background:#fff;border:1px solid var(--line);border-radius:6px}
figcaption{color:var(--soft);font-size:.92rem;max-width:74ch;margin-top:.4rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums;font-size:.93rem}
th,td{text-align:left;padding:.32rem .8rem .32rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}
td.n,th.n{text-align:right}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.45rem .9rem}
summary{cursor:pointer}
code,pre{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--panel);border-radius:6px;padding:.7rem 1rem;overflow-x:auto}
.changed{color:var(--bad);font-weight:600}
.q{overflow-wrap:anywhere}
@media print{details{break-inside:avoid}h2{break-after:avoid}main{padding:0}}
`;
