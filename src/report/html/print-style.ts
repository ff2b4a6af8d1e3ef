/** Printed: light, everything within a sheet, no chart, row or box cut in two. */
export const printed = (light: string): string => `
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
