// Style of the report's page. Colours of lines keep apart for colour-blind readers by lightness as
// well as hue, and every second set of eight is dashed.
#include "switch/replay/report_page.h"

namespace tuma::replay {

const std::string_view report_style = R"css(
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1b2430; --soft: #5a6574; --rule: #dde3ea; --panel: #f4f6f9;
  --accent: #0b62a8; --cost: #5b7ea6; --within: #2f8f83; --over: #c24e00; --other: #8a6db0;
  --c0: #0b62a8; --c1: #c24e00; --c2: #00795a; --c3: #a8407f; --c4: #8a6100; --c5: #2585bd;
  --c6: #39424e; --c7: #6a4fb3;
  --there: #eef1f5; --d1: #fcd9a4; --d2: #f9a95c; --d3: #e06a2c; --d4: #a83412; --d5: #5c1505; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #11151b; --ink: #e5eaf0; --soft: #9ba7b5; --rule: #2b3440; --panel: #19202a;
  --accent: #6cb2f0; --cost: #7b9cc4; --within: #45b3a4; --over: #ff9455; --other: #ad93d6;
  --c0: #6cb2f0; --c1: #ff9455; --c2: #45c8a0; --c3: #ee93c8; --c4: #e0b245; --c5: #a5dcf7;
  --c6: #c5cdd8; --c7: #b3a0f0;
  --there: #1d2530; --d1: #54300f; --d2: #8a4a12; --d3: #c9701f; --d4: #f5a356; --d5: #ffe3bd; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans",
  sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 36px 24px 72px; }
h1 { font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; margin: 4px 0 20px;
  overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 1.3rem; margin: 56px 0 8px; padding-top: 18px; border-top: 1px solid var(--rule); }
h3 { font-size: 1.02rem; margin: 24px 0 6px; overflow-wrap: anywhere; }
p { margin: 8px 0; max-width: 78ch; }
p, li, dd { overflow-wrap: anywhere; }
small { font-size: 0.82em; color: var(--soft); font-weight: 400; }
.above { color: var(--soft); margin: 0; }
.js { display: none; } .scripted .js { display: inline; }
.scripted p.js { display: flex; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 28px 0 -20px; font-size: 0.94rem; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 0 0 24px; }
.tiles div { background: var(--panel); border-radius: 8px; padding: 12px 16px; }
.tiles dt { color: var(--soft); font-size: 0.86rem; }
.tiles dd { margin: 0; font-size: clamp(1.15rem, 2.2vw, 1.5rem); font-weight: 600; line-height: 1.3;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tiles small { display: block; font-size: 0.82rem; }
.findings, .terms { display: grid; grid-template-columns: 11rem 1fr; gap: 10px 20px; margin: 0;
  max-width: 1000px; }
.findings dt, .terms dt { font-weight: 600; }
.findings dd, .terms dd { margin: 0; }
.terms { font-size: 0.94rem; gap: 8px 20px; }
.terms ul { margin: 0; padding-left: 18px; }
code { font: 0.86em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 14px 0; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.87rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; line-height: 1.25; }
thead .groups th { font-weight: 400; text-align: center; padding-bottom: 2px;
  border-left: 6px solid var(--paper); }
thead .groups td { border-bottom: 0; }
tbody th { font-weight: 600; position: sticky; left: 0; background: var(--paper);
  min-width: 10.5rem; max-width: 17rem; overflow-wrap: anywhere; padding-left: 0; }
thead tr:last-child th:first-child { position: sticky; left: 0; background: var(--paper);
  padding-left: 0; }
tbody th small { display: block; line-height: 1.3; }
tbody tr:hover > * { background: var(--panel); }
td.n, th.n { text-align: right; } td.n { white-space: nowrap; }
.nil { color: var(--soft); opacity: 0.75; }
.hash { white-space: nowrap; } .hash code { font-size: 0.7rem; }
thead button { all: unset; cursor: pointer; } thead button:hover { color: var(--ink); }
thead button:focus-visible { outline: 2px solid var(--accent); }
[aria-sort] { color: var(--ink); }
[aria-sort=ascending] button::after { content: " ↑"; }
[aria-sort=descending] button::after { content: " ↓"; }
figure { margin: 18px 0 8px; }
figcaption { font-weight: 600; margin-bottom: 8px; overflow-wrap: anywhere; }
figcaption output { float: right; font-weight: 400; color: var(--soft); font-size: 0.9rem;
  font-variant-numeric: tabular-nums; }
svg { display: block; }
svg path { fill: none; vector-effect: non-scaling-stroke; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
.c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
.c6 { color: var(--c6); } .c7 { color: var(--c7); }
.s1 { stroke-dasharray: 7 4; } .s2 { stroke-dasharray: 2 4; } .s3 { stroke-dasharray: 10 3 2 3; }
.line { stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.point { stroke-width: 7; }
.grid { stroke: var(--rule); stroke-width: 1; }
.zero { stroke: var(--ink); stroke-width: 1.5; }
.shade { fill: var(--panel); }
.swatch { width: 30px; height: 8px; flex: none; }
.plot { display: grid; grid-template-columns: var(--levels) 1fr; column-gap: 8px;
  grid-template-rows: clamp(240px, 38vw, 440px) 1.7em; font-size: 0.78rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.labelled .plot { grid-template-columns: var(--levels) 1fr 11rem; }
div.levels, .ends, .days, .field { position: relative; }
.field { grid-area: 1 / 2; touch-action: pan-y; }
.field svg { position: absolute; inset: 0; width: 100%; height: 100%; }
div.levels { grid-area: 1 / 1; } .ends { grid-area: 1 / 3; } .days { grid-area: 2 / 2; }
div.levels span { position: absolute; right: 0; transform: translateY(-50%); white-space: nowrap; }
.days span { position: absolute; top: 4px; transform: translateX(-50%); white-space: nowrap; }
.ends span { position: absolute; left: 16px; transform: translateY(-50%); line-height: 1;
  white-space: nowrap; }
.ends svg { position: absolute; left: -6px; top: 0; width: 20px; height: 100%; overflow: visible; }
.leader { stroke: currentColor; stroke-width: 1; opacity: 0.6; }
.guide { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--ink);
  pointer-events: none; }
.legend { list-style: none; display: grid; gap: 0 20px; margin: 12px 0 0; padding: 0;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); }
.legend button { all: unset; box-sizing: border-box; width: 100%; display: flex; gap: 8px;
  align-items: center; font-size: 0.86rem; padding: 2px 6px; border-radius: 4px; }
.scripted .legend button { cursor: pointer; }
.legend button:hover { background: var(--panel); }
.legend button:focus-visible { outline: 2px solid var(--accent); }
.legend .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.legend .value { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
.legend .negative { color: var(--over); }
.legend [aria-pressed=false] { opacity: 0.45; text-decoration: line-through; }
.hidden { display: none; }
.dim .line, .dim .ends > *, .dim .leader { opacity: 0.15; }
.dim .lit, .dim .ends > .lit { opacity: 1; } .dim .line.lit { stroke-width: 3; }
.picks { gap: 8px; flex-wrap: wrap; }
.picks button, .chooser label { font: inherit; font-size: 0.86rem; color: var(--ink);
  background: var(--panel); border: 1px solid var(--rule); border-radius: 999px;
  padding: 2px 12px; cursor: pointer; overflow-wrap: anywhere; }
.picks button:hover, .chooser label:hover { border-color: var(--soft); }
.chooser { display: flex; flex-wrap: wrap; gap: 6px; }
.chooser input { position: absolute; opacity: 0; }
.chooser input:checked + label { background: var(--accent); border-color: var(--accent);
  color: var(--paper); }
.chooser input:focus-visible + label { outline: 2px solid var(--accent); outline-offset: 2px; }
.pane { display: none; order: 1; width: 100%; }
.chooser input:checked + label + .pane { display: block; }
.shade-key, .mark-key { font-weight: 400; font-size: 0.86rem; color: var(--soft);
  margin-left: 14px; }
.shade-key::before { content: ""; display: inline-block; width: 14px; height: 12px;
  background: var(--panel); border: 1px solid var(--rule); margin-right: 5px;
  vertical-align: -1px; }
.mark-key::before { content: ""; display: inline-block; height: 14px; margin-right: 6px;
  border-left: 2px dashed var(--ink); vertical-align: -2px; }
.bars ul, .boxes ul { list-style: none; margin: 0; padding: 0; font-size: 0.9rem; }
.bars li { display: grid; grid-template-columns: 15rem 1fr; gap: 0 16px; align-items: center; }
.bars li > .name, .boxes li > .name { padding: 4px 0; line-height: 1.25; overflow-wrap: anywhere; }
.name small { display: block; }
.tracks { position: relative; padding-right: 13rem; align-self: stretch; display: grid;
  align-content: center; }
.scale { position: absolute; inset: 0 13rem 0 0; }
.tracks .track { display: flex; align-items: center; position: relative; height: 20px; }
.bar { display: block; height: 14px; border-radius: 0 3px 3px 0; flex: none;
  background: currentColor; }
.bar.cost { color: var(--cost); } .bar.within { color: var(--within); }
.bar.over { color: var(--over); } .bar.other { color: var(--other); }
.figure { font-variant-numeric: tabular-nums; white-space: nowrap; padding-left: 8px; }
.tracks .figure { background: var(--paper); position: relative; margin-left: 6px;
  padding: 0 4px 0 2px; }
.mark { position: absolute; top: 0; bottom: 0; border-left: 2px dashed var(--ink); opacity: 0.55; }
.boxes li { display: grid; grid-template-columns: 13rem 1fr 27rem; gap: 0 16px;
  align-items: center; }
.boxes .track { position: relative; align-self: stretch; display: grid; align-items: center; }
.boxes .figure { white-space: normal; padding: 0; font-size: 0.86rem; color: var(--soft); }
.box { width: 100%; height: 24px; overflow: visible; position: relative; color: var(--c0); }
span.grid { position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--rule); }
span.grid.none { border-color: var(--soft); }
.whisker { stroke: currentColor; stroke-width: 1.5; }
.half { fill: currentColor; opacity: 0.35; }
.median { stroke: var(--ink); stroke-width: 2.5; }
.rim { stroke: currentColor; stroke-width: 6; stroke-linecap: round; }
.ticks { position: relative; height: 1.6em; font-size: 0.78rem; color: var(--soft); }
.ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.depths { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0;
  padding: 0; font-size: 0.86rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.key { display: inline-block; width: 14px; height: 14px; margin-right: 6px; border-radius: 2px;
  vertical-align: -2px; background: currentColor; }
.calendars { display: grid; gap: 12px 40px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 500px), 1fr)); }
.calendar { margin: 14px 0 0; min-width: 0; }
.calendar figcaption { margin: 0; } .calendar figcaption small { margin-left: 8px; }
.calendar p { font-size: 0.86rem; color: var(--soft); margin: 2px 0 6px; }
.months { position: relative; height: 1.4em; margin-left: 2.6rem; font-size: 0.74rem;
  color: var(--soft); }
.months span { position: absolute; }
.year { display: flex; align-items: center; margin-bottom: 6px; }
.year > span { width: 2.6rem; flex: none; font-size: 0.78rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.year svg { width: 100%; min-width: 0; }
.year path { fill: currentColor; }
.year .gaps { stroke: var(--paper); fill: none; stroke-width: 1; vector-effect: none; }
.there { color: var(--there); } .d1 { color: var(--d1); } .d2 { color: var(--d2); }
.d3 { color: var(--d3); } .d4 { color: var(--d4); } .d5 { color: var(--d5); }
@media (max-width: 900px) {
  .boxes li { grid-template-columns: 11rem 1fr; }
  .boxes .figure { grid-column: 1 / -1; padding-bottom: 6px; } }
@media (max-width: 720px) {
  main { padding: 20px 16px 48px; }
  .findings, .terms { grid-template-columns: 1fr; gap: 0; }
  .findings dd, .terms dd { margin-bottom: 12px; }
  .labelled .plot { grid-template-columns: var(--levels) 1fr; } .ends { display: none; }
  .days span:nth-child(even) { display: none; }
  .bars li, .boxes li { grid-template-columns: 1fr; padding-bottom: 6px; }
  .tracks { padding-right: 11rem; } .scale { right: 11rem; }
  .ticks span:nth-child(even), .months span:nth-child(even) { display: none; }
  figcaption output { float: none; display: block; }
  tbody th { min-width: 7rem; max-width: 8.5rem; font-size: 0.82rem; } }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { --paper: #fff; --ink: #000; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  html { font-size: 12px; }
  main { max-width: none; padding: 0; }
  nav, .guide, .scripted .js, .scripted p.js { display: none; }
  h2 { break-after: avoid; margin-top: 28px; } li, tr, .cash, .calendar { break-inside: avoid; }
  .scroll { overflow: visible; } table { font-size: 0.8rem; } th, td { padding: 3px 5px; }
  tbody th, thead tr:last-child th:first-child { position: static; } tbody th { min-width: 9rem; }
  .plot { grid-template-rows: 300px 1.7em; } .calendars { grid-template-columns: 1fr 1fr; } }
)css";

}  // namespace tuma::replay
