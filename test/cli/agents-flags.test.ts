import { expect, test } from 'vitest'
import { freePort } from '../../plugin/server/address.ts'
import { configOf } from '../hosts/broker.ts'
import { oneStep } from '../hosts/one-step.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { runCli } from './cli.ts'

/* Flags about agents. */

const built = await builtPlugin()

/** A load of these agents, in a folder whose configuration has further options of agents. */
async function load(nats: string, more: object) {
  const folder = await writeSuite({ 'vitest.config.js': configOf({ nats: 'nats://127.0.0.1:9', ...more }) })
  const shape = ['--server', 'http://127.0.0.1:9', '--vus', '1', '--iterations', '1']
  return runCli(built, ['load', `${oneStep()}#main`, ...shape, '--agents', nats], { cwd: folder })
}

test.each([
  ['127.0.0.1:4222', {}, /^Failed to read --agents: it is "127\.0\.0\.1:4222"\. Write its address: .*\n$/],
  ['nats://127.0.0.1:4222', { timeout: 'soon' }, /^Failed to read agents\.timeout: "soon": .*\n$/],
])('what is wrong with --agents %s and %j of the configuration is said, and nothing runs', async (nats, more, said) => {
  const { code, stdout, stderr } = await load(nats, more)
  expect(stderr).toMatch(said)
  expect([code, stdout]).toEqual([2, ''])
})

test('NATS and agents are waited for as long as the configuration says', async () => {
  const { code, stderr } = await load(`nats://127.0.0.1:${await freePort()}`, { timeout: '1s' })
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
