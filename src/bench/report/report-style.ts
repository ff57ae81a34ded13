// SPDX-License-Identifier: Apache-2.0

const light = `
  --page: #f3f5f8; --card: #ffffff; --ink: #151b24; --muted: #586273; --line: #dde2ea; --grid: #e6eaf0;
  --accent: #1d5fc4; --accent-soft: #dfe9f8; --band: rgba(29, 95, 196, .10); --band-ci: rgba(29, 95, 196, .16);
  --loss: #9f4410; --loss-soft: #f8e3d6;
  --ok: #17683f; --ok-soft: #dff3e7; --warn: #8a5300; --warn-soft: #fdf0d5; --bad: #a3262c; --bad-soft: #fbe3e4;
  --shadow: 0 1px 2px rgba(16, 24, 40, .06), 0 1px 6px rgba(16, 24, 40, .05);`;

const dark = `
  --page: #0d1117; --card: #161c24; --ink: #e6eaf0; --muted: #97a2b3; --line: #2b3440; --grid: #242c37;
  --accent: #79adff; --accent-soft: #1b2c47; --band: rgba(121, 173, 255, .12); --band-ci: rgba(121, 173, 255, .18);
  --loss: #f0985f; --loss-soft: #4a2c18;
  --ok: #6fd49b; --ok-soft: #14321f; --warn: #f2c063; --warn-soft: #3a2c0e; --bad: #ff8f93; --bad-soft: #421b1e;
  --shadow: none;`;

/** The style of the HTML report. Colours are variables; every text on its ground has a contrast of at least 4.5. */
export const reportStyle = `
:root { color-scheme: light dark; ${light} }
@media screen and (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", Arial, sans-serif; }
main, header, footer { max-width: 1020px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; padding-bottom: 4px; }
footer { padding-top: 8px; padding-bottom: 32px; color: var(--muted); font-size: 13px; }
h1 { font-size: 22px; line-height: 1.25; margin: 2px 0 2px; letter-spacing: -.01em; }
h2 { font-size: 16px; line-height: 1.3; margin: 0 0 12px; letter-spacing: -.005em; }
h3 { font-size: 14px; margin: 0 0 6px; }
p { margin: 0 0 10px; }
.over { color: var(--accent); font-size: 12px; font-weight: 650; letter-spacing: .07em; text-transform: uppercase; }
.muted { color: var(--muted); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow);
  padding: 20px 22px; margin: 16px 0; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; margin: 16px 0; }
.pair .card { margin: 0; min-width: 0; }
.stack { display: flex; flex-direction: column; gap: 16px; min-width: 0; }
.hero { display: flex; flex-wrap: wrap; gap: 8px 32px; align-items: flex-end; justify-content: space-between; }
.rate { font-size: 52px; line-height: 1.05; font-weight: 700; letter-spacing: -.025em; font-variant-numeric: tabular-nums; }
.rate small { font-size: 19px; font-weight: 550; letter-spacing: 0; color: var(--muted); white-space: nowrap; }
.badges { display: flex; flex-wrap: wrap; gap: 8px; }
.badge { display: inline-block; border-radius: 999px; padding: 4px 12px; font-size: 13px; font-weight: 650; white-space: nowrap; }
.badge.ok { color: var(--ok); background: var(--ok-soft); }
.badge.warn { color: var(--warn); background: var(--warn-soft); }
.badge.bad { color: var(--bad); background: var(--bad-soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 12px 16px; margin: 18px 0 0;
  padding: 16px 0 0; border-top: 1px solid var(--line); }
.figures dt { color: var(--muted); font-size: 12.5px; }
.figures dd { margin: 0; font-size: 16px; white-space: nowrap; font-weight: 620; font-variant-numeric: tabular-nums; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; margin: 16px 0 0; padding: 0; list-style: none; }
.chips li { border: 1px solid var(--line); border-radius: 7px; padding: 2px 9px; font-size: 13px; color: var(--muted); }
.notice { border-left: 4px solid var(--warn); background: var(--warn-soft); border-radius: 0 8px 8px 0; padding: 10px 14px; margin: 18px 0 0; }
.notice.bad { border-color: var(--bad); background: var(--bad-soft); }
.notice p, .notice ul { margin: 0; }
ul { padding-left: 20px; margin: 0; }
ul.plain li + li { margin-top: 4px; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart svg { max-width: 620px; margin: 0 auto; }
figcaption { color: var(--muted); font-size: 13px; margin-top: 6px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; padding: 0; margin: 8px 0 0; font-size: 13px; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 6px; }
.swatch { width: 16px; height: 11px; border-radius: 3px; display: inline-block; flex: none; }
.swatch.dot { width: 10px; height: 10px; border-radius: 50%; background: var(--accent); }
.swatch.median { height: 2px; border-radius: 0; background: var(--accent); }
.swatch.goal { height: 0; border-radius: 0; border-top: 2px dashed var(--ok); }
.swatch.band { background: var(--band); border: 1px solid var(--accent-soft); }
.swatch.ci { background: linear-gradient(var(--band-ci), var(--band-ci)), var(--band); }
.swatch.received { background: var(--accent); }
.swatch.lost { background: repeating-linear-gradient(45deg, var(--loss) 0 2px, var(--loss-soft) 2px 5px); }
svg text { fill: var(--ink); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; }
svg .tick, svg .bar-label, svg .link-detail, svg .box-line { fill: var(--muted); }
svg .bar-label { font-size: 11px; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .band { fill: var(--band); }
svg .band-ci { fill: var(--band-ci); }
svg .median-line { stroke: var(--accent); stroke-width: 2; }
svg .goal-line { stroke: var(--ok); stroke-width: 2; stroke-dasharray: 6 4; }
svg .dot { fill: var(--accent); stroke: var(--card); stroke-width: 1.5; }
svg .received { fill: var(--accent); }
svg .lost { stroke: var(--loss); stroke-width: .75; }
svg .lost-ground { fill: var(--loss-soft); }
svg .lost-line { stroke: var(--loss); stroke-width: 4; }
svg .box { fill: var(--accent-soft); stroke: var(--accent); stroke-width: 1.25; }
svg .box-title { font-size: 15px; font-weight: 650; }
svg .box-line { font-size: 12.5px; }
svg .loss { fill: var(--loss); font-size: 12px; font-weight: 600; }
svg .link { fill: var(--card); stroke: var(--line); stroke-width: 1.5; }
svg .link-title { font-size: 12px; font-weight: 650; }
svg .link-detail { font-size: 11px; }
svg .arrow { stroke: var(--accent); stroke-width: 2; }
svg .arrow-head { fill: var(--accent); }
svg .count { font-size: 13px; font-weight: 620; }
svg .plate { paint-order: stroke; stroke: var(--card); stroke-width: 8px; stroke-linejoin: round; }
.narrow { display: none; max-width: 400px; margin: 0 auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
.note { font-size: 13px; margin-bottom: 6px; }
.scroll td, .scroll th { white-space: nowrap; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
thead th { color: var(--muted); font-weight: 600; font-size: 12.5px; vertical-align: bottom; }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tbody th { font-weight: 600; }
.left th, .left td, th.left, td.left { text-align: left; }
.facts th { width: 190px; color: var(--muted); font-weight: 500; }
.facts td { overflow-wrap: anywhere; }
.code { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; }
.is-lost { color: var(--loss); font-weight: 600; }
summary { cursor: pointer; color: var(--accent); font-size: 14px; }
details > :not(summary) { margin-top: 12px; }
@media (max-width: 900px) { .pair { grid-template-columns: 1fr; } }
@media (max-width: 640px) {
  main, header, footer { padding-left: 12px; padding-right: 12px; }
  .card { padding: 16px 14px; border-radius: 10px; }
  .rate { font-size: 40px; } .rate small { font-size: 16px; }
  .wide { display: none; } .narrow { display: block; }
  .facts tr { display: block; padding: 6px 0; border-bottom: 1px solid var(--line); }
  .facts tr:last-child { border-bottom: 0; }
  .facts th, .facts td { display: block; width: auto; padding: 0; border: 0; }
}
@media print {
  @page { margin: 14mm; }
  body { background: #fff; font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  .card { box-shadow: none; break-inside: avoid; padding: 14px 16px; margin: 10px 0; }
  .pair { grid-template-columns: 1fr 1fr; gap: 10px; margin: 10px 0; }
  .breakable { break-inside: auto; }
  h2, .note { break-after: avoid; }
  details:not([open]) { display: none; }
  .facts th { width: 110px; }
  .scroll thead th { white-space: normal; }
  .scroll { overflow: visible; }
  .wide { display: block; } .narrow { display: none; }
  table { font-size: 11px; }
  th, td { padding: 4px 6px; }
}
`
  .replace(/\n\s*/g, '\n')
  .trim();
