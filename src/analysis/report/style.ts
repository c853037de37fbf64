const LIGHT =
  "--ink:#16181d;--soft:#545a66;--line:#d9dce3;--page:#fff;--panel:#f6f7f9;--accent:#0a62a9;--bad:#9c3306;--mark:#fde3d3;--weight:#8cc3ee";
const DARK =
  "--ink:#e8eaee;--soft:#a6adba;--line:#363b45;--page:#14161a;--panel:#1d2026;--accent:#7cbcf5;--bad:#ffa679;--mark:#4d2a17;--weight:#175489";

/** The report's one style sheet; its hash stands in the page's content policy. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
:root[data-theme=dark]{color-scheme:dark;${DARK}}
:root[data-theme=light]{color-scheme:light}
[hidden]{display:none!important}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:anywhere;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:960px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .4rem;text-wrap:balance}
h2{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.6rem 0 .4rem}
p{max-width:74ch;margin:.5rem 0}
li{max-width:74ch;margin:.25rem 0}
.meta{color:var(--soft)}
.note{border:1px solid var(--bad);border-left-width:6px;border-radius:6px;background:var(--panel);padding:.7rem 1rem;margin:1rem 0}
.note p{margin:.3rem 0}
.note strong{color:var(--bad);text-transform:uppercase;letter-spacing:.03em}
.answer{background:var(--panel);border-radius:6px;padding:.7rem 1.1rem;margin:1rem 0}
figure{margin:1.8rem 0}
.paper{overflow-x:auto;background:#fff;border:1px solid var(--line);border-radius:6px}
.paper svg{display:block;width:100%;min-width:640px;height:auto}
figcaption{color:var(--soft);font-size:.92rem;max-width:74ch;margin-top:.5rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{text-align:left;padding:.32rem .85rem .32rem 0;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
th{font-weight:600;vertical-align:bottom;white-space:normal;overflow-wrap:normal}
td.wrap{white-space:normal;min-width:16ch}
td.wrap.name{min-width:24ch}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.45rem .9rem}
summary{cursor:pointer}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
code,pre{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--panel);border-radius:6px;padding:.7rem 1rem;overflow-x:auto}
mark{background:var(--mark);color:var(--bad);font-weight:600;text-decoration:underline;text-underline-offset:3px;padding:0 .1em}
a{color:var(--accent)}
h2.question{font-size:1.02rem;margin:1rem 0 .2rem;padding:0;border:0}
h4{font-size:.95rem;margin:1.1rem 0 .2rem}
.bar{display:flex;flex-wrap:wrap;gap:.5rem .8rem;align-items:center}
.bar.top{position:sticky;top:0;z-index:2;background:var(--page);border-bottom:1px solid var(--line);padding:.5rem 0;margin:-1.5rem 0 1rem}
.bar output{flex:1 1 16rem;color:var(--soft);font-size:.92rem}
label{color:var(--soft);font-size:.92rem}
.choice{max-width:100%}
button,select{font:inherit;font-size:.92rem;color:var(--ink);background:var(--panel);border:1px solid var(--soft);border-radius:6px;padding:.2rem .6rem;max-width:100%}
button{cursor:pointer}
button:disabled{opacity:.5;cursor:default}
button[aria-pressed=true]{background:var(--ink);color:var(--page)}
button:focus-visible,select:focus-visible,a:focus-visible,[tabindex="0"]:focus-visible,svg [tabindex]:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg [tabindex]:focus-visible{outline:2px solid #0a62a9}
.save{display:flex;gap:.5rem;justify-content:flex-end;margin-top:.4rem}
.other{opacity:.22}
svg [role=graphics-symbol][tabindex]{cursor:pointer}
.tip{position:fixed;z-index:3;max-width:min(34rem,calc(100vw - 8px));background:var(--ink);color:var(--page);border-radius:6px;padding:.3rem .6rem;font-size:.88rem;pointer-events:none}
.tokens{line-height:2;white-space:pre-wrap;max-width:none}
.token{--share:0;background:color-mix(in srgb,var(--weight) calc(var(--share) * 100%),transparent);border-radius:3px;padding:.12em 0}
.view td .token{padding:.1em .3em}
.view .wrap{white-space:normal}
section[id]{scroll-margin-top:4rem}@media (max-width:640px){section[id]{scroll-margin-top:8rem}}
@media print{.bar,.save,.tip{display:none!important}:root,:root[data-theme]{color-scheme:light;--weight:#8cc3ee;--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--panel:#f4f4f4;--bad:#8a2d05;--mark:#fde3d3}
main{padding:0;max-width:none}.paper svg{min-width:0}figure,tr,.note{break-inside:avoid}h2,h3{break-after:avoid}
.scroll,.paper{overflow:visible}th,td{white-space:normal}details::details-content{content-visibility:visible;height:auto}}
.paper svg [aria-hidden=true],.paper svg [aria-hidden=true] *{pointer-events:none}
`;
