/** The page's styles. Colours are variables, which the charts read too; dark and light by the reader's system. */
export const style = `
:root { color-scheme: light dark;
  --ground: #fff; --raised: #f6f7f9; --line: #dfe3e8; --text: #1c2430; --muted: #5b6675;
  --pass: #18794e; --pass-ground: #e3f5ea; --fail: #c0272d; --fail-ground: #fdeaea;
  --unsure: #8f5a00; --unsure-ground: #fdf1d8;
  --shade: #8894a61f; --mark: #8f5a00; --bad: #c0272d;
  --line-0: #2563c9; --line-1: #c2570c; --line-2: #14806f; --line-3: #8b3fc4;
  --line-4: #a8263f; --line-5: #6b7280; --line-6: #0e7fa8; --line-7: #73780d; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #12161c; --raised: #1a2029; --line: #313a47; --text: #e5e9f0; --muted: #9aa6b6;
  --pass: #5fd49a; --pass-ground: #123524; --fail: #ff8a86; --fail-ground: #44191b;
  --unsure: #f2bd5c; --unsure-ground: #3d2d0c;
  --shade: #8894a626; --mark: #f2bd5c; --bad: #ff8a86;
  --line-0: #7aa8ff; --line-1: #ff9f5a; --line-2: #4fd1bb; --line-3: #c99bff;
  --line-4: #ff8fa3; --line-5: #a3adba; --line-6: #5cc8ee; --line-7: #ccd15a; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem clamp(.75rem, 3vw, 2rem) 3rem; max-width: 76rem;
  background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .75rem 0 .25rem; overflow-wrap: anywhere;
  display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .25rem 0 }
p.facts, .hint, .why, small, dt { color: var(--muted) }
.hint { font-size: .85rem }
.why td { border-top: 0; padding-top: 0; max-width: 60rem }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: 1rem;
  font-size: .8rem; font-weight: 600; white-space: nowrap; background: var(--raised); color: var(--muted) }
.badge.pass { background: var(--pass-ground); color: var(--pass) }
.badge.fail { background: var(--fail-ground); color: var(--fail) }
.badge.unsure { background: var(--unsure-ground); color: var(--unsure) }
.alert { background: var(--fail-ground); color: var(--fail);
  padding: .6rem .8rem; border-radius: .5rem; margin: .75rem 0 }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; margin: 1rem 0 0 }
.figures div { background: var(--raised); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .8rem }
.figures dt { font-size: .8rem }
.figures dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums }
.figures small { display: block; font-size: .75rem; font-weight: 400 }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .45rem .75rem; text-align: left; border-top: 1px solid var(--line); vertical-align: top }
tr:first-child > * { border-top: 0 } thead + tbody tr:first-child > * { border-top: 1px solid var(--line) }
thead th { color: var(--muted); font-size: .8rem; font-weight: 600; background: var(--raised); white-space: nowrap }
tbody th { font-weight: 500 }
.number { text-align: right; white-space: nowrap }
.when { white-space: nowrap }
table.facts th { color: var(--muted); white-space: nowrap; width: 1% }
table.facts td { overflow-wrap: anywhere }
.bad { color: var(--bad); font-weight: 600 }
.doubts { padding: 0; list-style: none; margin: 0 }
.doubts li { background: var(--unsure-ground); border-radius: .5rem; padding: .6rem .8rem; margin: .4rem 0 }
.doubts strong { color: var(--unsure); margin-right: .3rem }
.failure { border: 1px solid var(--line); border-radius: .6rem; margin: .4rem 0; padding: .5rem .8rem }
.failure summary { cursor: pointer; overflow-wrap: anywhere }
.kind { color: var(--bad); font-size: .85rem }
pre, code { font: .8rem/1.5 ui-monospace, "Cascadia Code", Menlo, monospace }
pre { background: var(--raised); border-radius: .5rem; padding: .6rem .8rem; overflow-x: auto; margin: .5rem 0 }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem 1.2rem } nav a { color: inherit }
.run + .run { border-top: 2px solid var(--line); margin-top: 3rem; padding-top: 1rem }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: .75rem }
.charts + .scroll { margin-top: .75rem }
.chart { border: 1px solid var(--line); border-radius: .6rem; padding: .5rem .5rem 0; min-width: 0 }
.chart h3 { font-size: .9rem; margin: 0 .4rem; font-weight: 600 } .chart h3 small { font-weight: 400 }
:focus-visible { outline: 2px solid var(--line-0); outline-offset: 2px }
.u-legend { font-size: .78rem; text-align: left }
.u-legend th > *, .u-legend th { font-weight: 400 }
.u-legend td { font-weight: 600 }
.u-legend th, .u-legend td { border: 0; padding: .1rem .25rem; white-space: nowrap }
.u-legend .u-marker { border-radius: 2px }
.marks { margin: .5rem 0 1rem }
.marks summary { cursor: pointer }
.marks ol { max-height: 16rem; overflow-y: auto; padding-left: 1.6rem; margin: .4rem 0 }
.marks strong { color: var(--mark) }
.marks .doubt strong { color: var(--bad) }
.curve { margin: .5rem 0 .75rem } .rates td:last-child { min-width: 18rem }
.reset { font: inherit; color: inherit; background: var(--raised);
  border: 1px solid var(--line); border-radius: .4rem; padding: .05rem .6rem; cursor: pointer }
@media (max-width: 30rem) {
  h1 { font-size: 1.3rem }
  th, td { padding: .4rem .5rem }
  .figures { grid-template-columns: 1fr 1fr }
  .figures dd { font-size: 1.1rem }
  table.facts th { white-space: normal } }
@media print { .hint, .reset { display: none } }
`
