import { readFileSync } from 'node:fs'
import { builtFile } from '../../load/run/worker-file.ts'
import type { PageData } from '../client/chart-data.ts'
import { html, jsonText, Markup } from './markup.ts'

/** A page with its styles, its script, and the data that this draws. It needs no network and no other file. */
export function pageOf(title: string, content: readonly (Markup | false)[], data: PageData): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
${content}
<p id="live" class="unseen" role="status"></p>
<script type="application/json" id="data">${jsonText(data)}</script>
<script>${new Markup(clientScript())}</script>
</body>
</html>
`.toString()
}

/** Script of the page, built into one file of the package. Throws if the package was not built. */
function clientScript(): string {
  return readFileSync(builtFile('report-client.js', { verb: 'write', thing: 'the HTML report' }), 'utf8').replaceAll(
    '</script',
    '<\\/script',
  )
}

/** Printed: light, everything within a sheet, no chart, row or box cut in two. */
const printed = (light: string): string => `
:root.printing .charts { grid-template-columns: 1fr 1fr; width: 700px }
:root.printing body { max-width: 700px; padding: 0 }
:root.printing .distribution, :root.printing .curve { width: 700px }
@page { size: A4; margin: 12mm }
@media print {
  :root { color-scheme: light; ${light} }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
  html { font-size: 12px }
  body { font-size: 12px; max-width: none; padding: 0 }
  .hint.scripted, .reset, .sideways { display: none }
  .chart, .tile, tr, .failure, .doubts li, .answers > div, pre { break-inside: avoid }
  h1, h2, h3, caption, .hint { break-after: avoid }
  .scroll { overflow: visible; background: none }
  .scroll table { font-size: 10px } th, td { padding: .25rem .35rem }
  table.steps, table.steps th { font-size: 8.5px } table.steps small { font-size: 8px }
  table.steps .number { white-space: nowrap } .spark { width: 48px; height: 12px }
  .number { white-space: normal }
  .step { all: unset }
  .marks ol { max-height: none; overflow: visible }
  pre { white-space: pre-wrap; overflow-wrap: anywhere }
  canvas { max-width: 100% }
  .rates td:last-child { min-width: 0 }
  tbody th { min-width: 0 } .share { min-width: 4.5rem }
}`

const light = `
  --ground: #fff; --raised: #f6f7f9; --line: #dfe3e8; --text: #1c2430; --muted: #566170;
  --pass: #18794e; --pass-ground: #e3f5ea; --fail: #b3242a; --fail-ground: #fdeaea;
  --unsure: #855300; --unsure-ground: #fdf1d8;
  --shade: #8894a61f; --beyond: #c0272d12; --mark: #8f5a00; --bad: #b3242a;
  --line-0: #2563c9; --line-1: #b4500a; --line-2: #117364; --line-3: #8b3fc4;
  --line-4: #a8263f; --line-5: #5f6773; --line-6: #0b7297; --line-7: #696d0a;`
const dark = `
  --ground: #12161c; --raised: #1a2029; --line: #313a47; --text: #e5e9f0; --muted: #9aa6b6;
  --pass: #5fd49a; --pass-ground: #123524; --fail: #ff8a86; --fail-ground: #44191b;
  --unsure: #f2bd5c; --unsure-ground: #3d2d0c;
  --shade: #8894a626; --beyond: #ff8a8618; --mark: #f2bd5c; --bad: #ff8a86;
  --line-0: #7aa8ff; --line-1: #ff9f5a; --line-2: #4fd1bb; --line-3: #c99bff;
  --line-4: #ff8fa3; --line-5: #a3adba; --line-6: #5cc8ee; --line-7: #ccd15a;`

/** The page's styles. Colours are variables, which the charts read too; dark and light by the reader's system. */
const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
:root.printing { color-scheme: light; ${light} }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem clamp(.75rem, 3vw, 2rem) 3rem; max-width: 76rem;
  background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere;
  display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; display: flex; flex-wrap: wrap; gap: .75rem; align-items: center }
h3 { font-size: .95rem; margin: 1.25rem 0 .5rem }
.icicle { display: flex; overflow: auto; max-height: 32rem; font-size: .75rem; line-height: 1.3rem }
.box { display: flex; flex-direction: column; min-width: 0; overflow: hidden }
.call { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; padding: 0 .25rem;
  background: var(--raised); border: 1px solid var(--ground); cursor: default }
.call.more { background: var(--fail-ground); color: var(--fail) }
.call.less { background: var(--pass-ground); color: var(--pass) }
.call:focus { outline: 2px solid var(--line-0); outline-offset: -2px }
.call.found { text-decoration: underline; font-weight: 700 }
.calls { display: flex; min-width: 0 }
p { margin: .25rem 0 }
p, li, h2, h3 { overflow-wrap: anywhere }
a { color: var(--line-0) }
p.facts, .hint, small, dt, caption { color: var(--muted) }
.hint { font-size: .85rem }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: 1rem;
  font-size: .8rem; font-weight: 600; white-space: nowrap; background: var(--raised); color: var(--muted) }
.badge.pass { background: var(--pass-ground); color: var(--pass) }
.badge.fail { background: var(--fail-ground); color: var(--fail) }
.badge.unsure { background: var(--unsure-ground); color: var(--unsure) }
.alert { background: var(--fail-ground); color: var(--fail); overflow-wrap: anywhere;
  padding: .6rem .8rem; border-radius: .5rem; margin: .75rem 0 }
.bad { color: var(--bad); font-weight: 600 }
.good { color: var(--pass); font-weight: 600 }
strong.unsure, span.unsure, td.unsure { color: var(--unsure); font-weight: 600 }
.answer { border-left: .3rem solid var(--line); padding: .25rem 0 .25rem 1rem; margin-top: .5rem }
.answer.pass { border-color: var(--pass) }
.answer.fail { border-color: var(--fail) }
.answer.unsure { border-color: var(--unsure) }
.headline { font-size: 1.1rem; font-weight: 500 }
.tiles { list-style: none; padding: 0; margin: 1rem 0;
  display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: .6rem }
.tile { border: 1px solid var(--line); border-top: .2rem solid var(--line); border-radius: .5rem; padding: .5rem .75rem;
  background: var(--raised); display: grid; grid-template-columns: 1fr auto; align-content: start; gap: 0 .5rem;
  font-variant-numeric: tabular-nums; min-width: 0 }
.tile > * { grid-column: 1 / -1; overflow-wrap: anywhere }
.tile .key { grid-column: 1; font-weight: 600; font-size: .9rem }
.tile .word { grid-column: 2; font-size: .8rem; font-weight: 600; white-space: nowrap }
.tile .value { font-size: 1.3rem; font-weight: 600 }
.tile .bound, .tile div.range { font-size: .8rem; color: var(--muted) }
.tile.pass { border-top-color: var(--pass) } .tile.pass .word { color: var(--pass) }
.tile.fail { border-top-color: var(--fail); background: var(--fail-ground) }
.tile.fail .word, .tile.fail .value { color: var(--fail) }
.tile.fail .bound, .tile.fail div.range { color: var(--text) }
.tile.unsure { border-top-color: var(--unsure); background: var(--unsure-ground) }
.tile.unsure .word, .tile.unsure .value { color: var(--unsure) }
.tile.unsure .bound, .tile.unsure div.range { color: var(--text) }
.meter { width: 100%; height: .5rem; display: block; margin: .2rem 0 }
.meter .track { fill: var(--line) } .meter .limit { fill: var(--text) }
.meter .pass { fill: var(--pass) } .meter .fail { fill: var(--fail) } .meter .unsure { fill: var(--unsure) }
.meter .range { fill: var(--muted); opacity: .45 }
.answers { margin: 1rem 0 }
.answers > div { display: grid; grid-template-columns: 8rem 1fr; gap: .25rem 1rem; padding: .4rem 0;
  border-top: 1px solid var(--line) }
.answers dt { font-weight: 600 } .answers dd { margin: 0; overflow-wrap: anywhere; min-width: 0 }
.answers p { margin: 0 0 .25rem }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .25rem 1rem;
  margin: 0; padding: .5rem 0; border-top: 1px solid var(--line) }
.figures dt { font-size: .8rem }
.figures dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums }
.figures small { display: block; font-size: .75rem; font-weight: 400 }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem;
  background: linear-gradient(to right, var(--ground) 30%, transparent) left / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--ground) 30%, transparent) right / 2rem 100% no-repeat local,
    linear-gradient(to right, var(--line), transparent) left / .75rem 100% no-repeat scroll,
    linear-gradient(to left, var(--line), transparent) right / .75rem 100% no-repeat scroll }
.sideways { font-size: .8rem; color: var(--muted); text-align: right }
.sideways::after { content: " \\2192" }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
caption { text-align: left; font-size: .8rem; padding: .4rem .75rem }
th, td { padding: .4rem .6rem; text-align: left; border-top: 1px solid var(--line); vertical-align: top }
thead:first-child tr:first-child > *, tbody:first-child tr:first-child > * { border-top: 0 }
thead th { color: var(--muted); font-size: .8rem; font-weight: 600; white-space: nowrap }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: min(12rem, 30vw) }
.number { text-align: right; white-space: nowrap }
td small { display: block; font-size: .72rem; font-weight: 400 }
tr.group th { background: var(--raised); font-weight: 600 }
table.facts th { color: var(--muted); white-space: nowrap; width: 1% }
table.facts td { overflow-wrap: anywhere }
table.steps th, table.steps td { padding-inline: .45rem }
table.steps .share { min-width: 6rem }
table.steps tbody + tbody tr:first-child > * { border-top-width: 2px }
td code { overflow-wrap: anywhere; display: inline-block; min-width: min(16rem, 60vw) }
.share { min-width: 7rem; white-space: nowrap }
.bar { display: inline-block; height: .6rem; background: var(--line-0); border-radius: .15rem;
  max-width: calc(100% - 3.2rem); margin-right: .4rem }
.waterfall .span { width: 45%; min-width: 10rem } .waterfall .span span { display: block; height: .8rem; min-width: 2px;
  background: var(--line-0); border-radius: .15rem }
.spark { display: block } .spark polyline { fill: none; stroke: var(--line-0); stroke-width: 1.25 }
.step, .reset { font: inherit; color: inherit; background: var(--raised); text-align: left;
  border: 1px solid var(--line); border-radius: .4rem; padding: .05rem .6rem; cursor: pointer }
.step { overflow-wrap: anywhere }
.step[aria-pressed="true"] { background: var(--line-0); color: var(--ground); border-color: var(--line-0) }
.doubts, .sentences { padding: 0; list-style: none; margin: 0 }
.doubts li { background: var(--unsure-ground); border-radius: .5rem; padding: .6rem .8rem; margin: .4rem 0 }
.doubts strong { color: var(--unsure); margin-right: .3rem }
.sentences li { border-left: .25rem solid var(--line); padding: .1rem .6rem; margin: .3rem 0; font-weight: 400 }
.sentences .pass { border-color: var(--pass) } .sentences .fail { border-color: var(--fail) }
.sentences .unsure { border-color: var(--unsure) } .sentences + .scroll { margin-top: .6rem }
.failure { border: 1px solid var(--line); border-radius: .6rem; margin: .4rem 0; padding: .5rem .8rem }
.failure summary { cursor: pointer; overflow-wrap: anywhere }
.kind { color: var(--bad); font-size: .85rem }
pre, code { font: .8rem/1.5 ui-monospace, "Cascadia Code", Menlo, monospace }
pre { background: var(--raised); border-radius: .5rem; padding: .6rem .8rem; overflow-x: auto; margin: .5rem 0 }
p code { overflow-wrap: anywhere }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem 1.2rem } nav a { color: inherit }
.run + .run { border-top: 2px solid var(--line); margin-top: 3rem; padding-top: 1rem }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: .75rem }
.charts + .scroll { margin-top: .75rem }
.chart { border: 1px solid var(--line); border-radius: .6rem; padding: .5rem .5rem 0; min-width: 0 }
.chart h3 { font-size: .9rem; margin: 0 .4rem; font-weight: 600 } .chart h3 small { font-weight: 400 }
:focus-visible { outline: 2px solid var(--line-0); outline-offset: 2px }
.u-legend { font-size: .78rem; text-align: left; width: auto }
.u-legend th > *, .u-legend th { font-weight: 400; min-width: 0 }
.u-legend td { font-weight: 600 }
.u-legend th, .u-legend td { border: 0; padding: .1rem .25rem; white-space: nowrap }
.u-legend tr:first-child td { white-space: normal; overflow-wrap: anywhere }
.u-legend .band, .u-legend .u-off:not(.toggled) { display: none }
.u-label[role] { cursor: pointer } .toggled.u-off { opacity: .5; text-decoration: line-through }
.u-legend .u-marker { border-radius: 2px }
.marks { margin: .5rem 0 1rem }
.marks summary { cursor: pointer }
.marks ol { max-height: 16rem; overflow-y: auto; padding-left: 1.6rem; margin: .4rem 0 }
.marks strong { color: var(--mark) }
.marks .doubt strong { color: var(--bad) }
.curve { margin: .5rem 0 .75rem } .rates td:last-child { min-width: 18rem }
noscript svg { max-width: 100%; height: auto; display: block }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
[hidden] { display: none }
@media (scripting: none) {
  .scripted, .charts, .curve { display: none }
  .step { all: unset } }
@media (scripting: none) and (max-width: 48rem) { .sideways[hidden] { display: block } }
@media (max-width: 30rem) {
  h1 { font-size: 1.3rem }
  th, td { padding: .4rem .5rem }
  .answers > div { grid-template-columns: 1fr }
  .answer { padding-left: .6rem }
  .figures { grid-template-columns: 1fr 1fr }
  .tiles { grid-template-columns: 1fr }
  table.facts th { white-space: normal } }
${printed(light)}
`
