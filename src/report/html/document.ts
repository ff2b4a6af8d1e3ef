import type { PageData } from '../client/chart-data.ts'
import { clientScript } from './client-script.ts'
import { html, jsonText, Markup } from './markup.ts'
import { style } from './style.ts'

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
