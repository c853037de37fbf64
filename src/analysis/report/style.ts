import { TABLE_STYLE } from "./table-style.js";

const LIGHT =
  "--ink:#16181d;--soft:#545a66;--line:#d9dce3;--page:#fff;--panel:#f6f7f9;--accent:#0a62a9;--bad:#9c3306;--mark:#fde3d3;--weight:#8cc3ee";
const DARK =
  "--ink:#e8eaee;--soft:#a6adba;--line:#363b45;--page:#14161a;--panel:#1d2026;--accent:#7cbcf5;--bad:#ffa679;--mark:#4d2a17;--weight:#175489";

// White becomes the page's dark, black its light.
const DARKENED = "filter:invert(.92) hue-rotate(180deg)";

/** The report's one style sheet; its hash stands in the page's content policy. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
:root[data-theme=dark]{color-scheme:dark;${DARK}}
:root[data-theme=light]{color-scheme:light}
[hidden]{display:none!important}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;overflow-wrap:anywhere;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:1.5rem 1.25rem 4rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .3rem;text-wrap:balance}
h2{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.6rem 0 .4rem}
h4{font-size:.95rem;margin:1.3rem 0 .2rem}
p,li{max-width:76ch;margin:.5rem 0}
li{margin:.25rem 0}
.meta{color:var(--soft);font-size:.92rem}
.note{border:1px solid var(--bad);border-left-width:6px;border-radius:6px;background:var(--panel);padding:.7rem 1rem;margin:1rem 0}
.note p{margin:.3rem 0}
.note strong{color:var(--bad);text-transform:uppercase;letter-spacing:.03em}
.answer{background:var(--panel);border-radius:6px;padding:.7rem 1.1rem;margin:1rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:.9rem;margin:1.2rem 0}
.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem}
.card h2{font-size:1rem;margin:0 0 .4rem;padding:0;border:0}
.card p{margin:.3rem 0}
.card .meta{font-size:.82rem}
.small{display:block;width:100%;max-width:24rem;height:auto}
.small text{fill:var(--soft);font-size:10.5px}
.small .zero{stroke:var(--line);stroke-width:1}
.small path.own{stroke:var(--accent);stroke-width:1.6}
.small circle.own{fill:var(--accent)}
.small path.control{stroke:var(--soft);stroke-width:1.2}
.small path.matched{stroke:var(--ink);stroke-width:1.2}
.small rect.matched{fill:var(--panel);stroke:var(--ink);stroke-width:1.2}
.small circle.control{fill:var(--panel);stroke:var(--soft);stroke-width:1.2}
.rail{padding:.6rem 1.25rem;background:var(--page);border-bottom:1px solid var(--line);position:sticky;top:0;z-index:3}
.rail details{border:0;padding:0;margin:0}
.rail summary{font-weight:600}
.rail ol{list-style:none;margin:.3rem 0;padding:0;max-height:60vh;overflow:auto}
.rail a{display:block;padding:.22rem .6rem;border-left:3px solid transparent;color:var(--ink);text-decoration:none;font-size:.92rem}
.rail a:hover{text-decoration:underline}
.rail a[aria-current]{border-left-color:var(--accent);color:var(--accent);font-weight:600;background:var(--panel)}
section[id]{scroll-margin-top:5.5rem}
@media (min-width:1100px){body:has(>.rail){display:grid;grid-template-columns:17rem minmax(0,1fr)}
.rail{height:100vh;overflow:auto;border-bottom:0;border-right:1px solid var(--line);padding:1.5rem .6rem}.rail ol{max-height:none}.rail summary{display:none}
main{width:100%}section[id]{scroll-margin-top:1rem}}
figure{margin:1.2rem 0}
.paper{overflow-x:auto;background:#fff;border:1px solid var(--line);border-radius:6px}
.paper svg{display:block;width:100%;min-width:min(640px,100%);max-width:860px;height:auto}
@media (max-width:700px){.paper svg{min-width:560px}}
figcaption{color:var(--soft);font-size:.9rem;max-width:76ch;margin-top:.4rem}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.45rem .9rem}
summary{cursor:pointer}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
code,pre{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--panel);border-radius:6px;padding:.7rem 1rem;overflow-x:auto}
mark{background:var(--mark);color:var(--bad);font-weight:600;text-decoration:underline;text-underline-offset:3px;padding:0 .1em}
a{color:var(--accent)}
.bar{display:flex;flex-wrap:wrap;gap:.5rem .8rem;align-items:center;margin:.5rem 0}
label{color:var(--soft);font-size:.92rem}
.graph ol{padding-left:1.6rem;margin:.2rem 0}.graph li{margin:.15rem 0}.graph h4{margin:.4rem 0}
.ends{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:0 1.5rem}
.choice{max-width:100%}
button,select,input{font:inherit;font-size:.9rem;color:var(--ink);background:var(--panel);border:1px solid var(--soft);border-radius:6px;padding:.2rem .6rem;max-width:100%}
button{cursor:pointer}
button:disabled{opacity:.5;cursor:default}
button[aria-pressed=true]{background:var(--ink);color:var(--page)}
button:focus-visible,select:focus-visible,input:focus-visible,a:focus-visible,[tabindex="0"]:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg [tabindex]:focus-visible{outline:2px solid #0a62a9}
.save{display:flex;gap:.5rem;justify-content:flex-end;margin-top:.4rem}
.other{opacity:.22}
.unseen{position:fixed;top:-9999px}
svg [role=graphics-symbol][tabindex]{cursor:pointer}
.tip{position:fixed;z-index:4;max-width:min(34rem,calc(100vw - 8px));background:var(--ink);color:var(--page);border-radius:6px;padding:.3rem .6rem;font-size:.88rem;pointer-events:none}
.tokens{line-height:2;white-space:pre-wrap;max-width:none}
.special{font-size:.75em;border:1px solid var(--soft);margin:0 .25em}
.token{--share:0;background:color-mix(in srgb,var(--weight) calc(var(--share) * 100%),transparent);border-radius:3px;padding:.12em 0}
td .token{padding:.1em .3em}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(18rem,100%),1fr));gap:.8rem;max-width:60rem}
.pair>div{border:1px solid var(--line);border-radius:6px;padding:.5rem .8rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.5rem;margin:.4rem 0}
.tile{padding:.35rem;display:grid;gap:.25rem;font-size:.82rem}
.tile[aria-pressed=true]{background:var(--panel);color:var(--ink);outline:2px solid var(--accent)}
.tile canvas{width:100%;height:4.2rem;image-rendering:pixelated;background:var(--page)}
${TABLE_STYLE}
.paper svg [aria-hidden=true],.paper svg [aria-hidden=true] *{pointer-events:none}
/* Figures are drawn for paper: in the dark their lightness is turned over, their hues stay. */
@media (prefers-color-scheme:dark){:root:not([data-theme=light]) .paper{${DARKENED}}}
:root[data-theme=dark] .paper{${DARKENED}}
@page{size:A4;margin:12mm}
@media print{:root,:root[data-theme]{color-scheme:light;--weight:#8cc3ee;--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--panel:#f4f4f4;--accent:#0a62a9;--bad:#8a2d05;--mark:#fde3d3}
body,body:has(>.rail){display:block;font-size:9.5pt;line-height:1.35}main{padding:0;max-width:none}
.rail,.bar,.graph,.save,.tip,.tools,#explorer,details,#sample h3,#sample h3+p{display:none!important}
:root .paper,:root[data-theme] .paper{filter:none!important;overflow:visible;border:0}
.paper svg{min-width:0;width:auto;max-width:100%;max-height:84mm;margin:0 auto}
.cards{grid-template-columns:repeat(3,1fr);gap:2mm}.card{padding:2mm;break-inside:avoid}.card p{margin:.15rem 0}
h1{font-size:14pt}h2{font-size:11pt;margin:4mm 0 1mm;padding-top:1mm;break-after:avoid}p,li{margin:.5mm 0;max-width:none}
figure{margin:1mm 0;break-inside:avoid}figcaption{display:none}pre{white-space:pre-wrap}}
`;
