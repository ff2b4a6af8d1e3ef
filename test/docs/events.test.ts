import { expect, test } from 'vitest'
import { files } from '../../scripts/readme.mjs'
import { runSuite, writeSuite } from '../plugin/suites/run-suite.ts'

/** What takes five seconds there takes one here, which is too short for a p99, and a busy machine has its time. */
const quickened = (text: string) =>
  text
    .replace(/'5s'/, "'1s'")
    .replaceAll(/'\d+ms'/g, "'60s'")
    .replaceAll(/eventsRate: 100\b/g, 'eventsRate: 1')
    .replace('p99:', 'p75:')

test('what docs/reference/events.md shows runs, functionally and as load', async () => {
  const shown = files('docs/reference/events.md')
  expect(shown.map(({ file }) => file)).toEqual([
    ...['server.mjs', 'openapi.yaml', 'orders.arazzo.yaml', 'vitest.config.mjs', 'orders.load.test.js'],
  ])
  const folder = await writeSuite(Object.fromEntries(shown.map(({ file, text }) => [file, quickened(text)])))
  const { tree, output, exitCode } = await runSuite(folder, ['--reporter=verbose'])
  expect(exitCode, output).toBe(0)
  for (const name of [
    'follow-an-order',
    'watch',
    'firstEvent p75',
    'eventsRate',
    'watch firstEvent p50',
    'watch eventsRate',
  ])
    expect(tree).toContain(name)
  expect(output).toContain('events (time to the first)')
})

test('a stream that does not come to its end says what had come', async () => {
  const shown = files('docs/reference/events.md').filter(({ file }) => !file.includes('load'))
  const all = Object.fromEntries(shown.map(({ file, text }) => [file, text]))
  const lost = all['orders.arazzo.yaml']!.replace("@.data.status == 'shipped'", "@.data.status == 'lost'")
  const folder = await writeSuite({
    ...all,
    'server.mjs': all['server.mjs']!.replace(
      "  response.write(':",
      "  if (request.url.includes('/8/')) return response.end()\n$&",
    ),
    'orders.arazzo.yaml': lost.replace('10s', '2s'),
    'ended.arazzo.yaml': lost.replace('value: 7', 'value: 8'),
  })
  const { output, exitCode } = await runSuite(folder)
  expect(exitCode).toBe(1)
  const failed = 'Failed to read the events of step "watch": the stream'
  const came = '3 events had come, the last {"event":"order","id":"2","data":{"status":"shipped"}}.'
  expect(output).toContain(
    `TimeoutError: ${failed} did not come to $[?@.data.status == 'lost'] within 2 s. Raise \`within\`, or make the ` +
      `application faster.\n  ${came}`,
  )
  expect(output).toContain(`CriterionError: ${failed} ended before $[?@.data.status == 'lost'].\n  ${came}`)
  expect(output).toContain('watch > x-events ended.arazzo.yaml:12:9')
})
