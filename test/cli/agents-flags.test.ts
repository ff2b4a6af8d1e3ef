import { beforeAll, expect, test } from 'vitest'
import { freePort } from '../../plugin/server/address.ts'
import { oneStep } from '../hosts/one-step.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runCli } from './cli.ts'

/* Flags of `load` about agents that run it. */

let built = ''
beforeAll(async () => {
  built = await builtPlugin()
})

const load = (...flags: string[]) =>
  runCli(built, [
    'load',
    `${oneStep()}#main`,
    '--server',
    'http://127.0.0.1:9',
    '--vus',
    '1',
    '--iterations',
    '1',
    ...flags,
  ])

const unnamed = (flag: string) =>
  `Failed to read ${flag}: no NATS server is named. Add --agents nats://host:4222, or leave it out.`

test.each([
  [['--agents-count', '2'], [unnamed('--agents-count')]],
  [['--agents-wait', '5s'], [unnamed('--agents-wait')]],
  [
    ['--agents', '127.0.0.1:4222', '--agents-wait', 'soon'],
    [
      expect.stringMatching(/^Failed to read --agents: it is "127\.0\.0\.1:4222"\. Write its address: /),
      expect.stringMatching(/^Failed to read --agents-wait: "soon": /),
    ],
  ],
])('what is wrong with %j is said, and nothing runs', async (flags, lines) => {
  const { code, stdout, stderr } = await load(...flags)
  expect(stderr.trim().split('\n')).toEqual(lines)
  expect([code, stdout]).toEqual([2, ''])
})

test('NATS and agents are waited for as long as it is said', async () => {
  const { code, stderr } = await load('--agents', `nats://127.0.0.1:${await freePort()}`, '--agents-wait', '1s')
  expect(stderr).toMatch(/^waits for NATS at nats:\S+, 1 s at most: .*\nFailed to reach nats:/)
  expect(code).toBe(2)
})

test.each([
  [['--limit', 'vuz=5'], 'Failed to read --limit: there is no limit "vuz". Did you mean "vus"?'],
  [['--limit', 'constructor=5'], 'Failed to read --limit: there is no limit "constructor". Write one of "threads", '],
  [['--limit', 'vus=x'], 'Failed to read --limit: it is "x". Write a whole number from 1.'],
  [['--limit', 'memory=2GX'], 'Failed to read --limit memory: '],
  [['--limit', 'duration'], 'Failed to read --limit duration: '],
  [['--allow-files', '/no/such/folder'], 'Failed to read --allow-files: there is no folder /no/such/folder. '],
])('an agent with %j is told what is wrong, and does not start', async (flags, message) => {
  const { code, stderr } = await runCli(built, ['agent', '--nats', 'nats://127.0.0.1:9', ...flags])
  expect(stderr).toContain(message)
  expect(code).toBe(2)
})
