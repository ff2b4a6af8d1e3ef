import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { arazzo, askAndPublish, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const run = promisify(execFile)

/* Threads are kept for the next load test: nothing of the one before may be seen in it. */

const load = { vus: 1, iterations: 3, warmUp: 0, threads: 1 }

const files = (channels: string) => ({
  'plain.arazzo.yaml': arazzo('  - workflowId: main\n    steps: [{ stepId: ask, operationId: ask }]'),
  ...askAndPublish('messages.arazzo.yaml'),
  'channels.mjs': channels,
})

async function loads(channels: string) {
  const folder = project(files(channels))
  const { origin } = await serve(() => ({ body: {} }))
  const run = async (document: string, more: Partial<LoadOptions> = {}) => {
    const { state, cause } = await runLoad({ workflow: `${folder}/${document}`, servers: origin, load, ...more })
    return cause ?? state
  }
  return {
    plain: () => run('plain.arazzo.yaml'),
    withMessages: () => run('messages.arazzo.yaml', { channels: `${folder}/channels.mjs` }),
  }
}

test('what a module of channels has left running does not end the next load', async () => {
  const { plain, withMessages } = await loads(`
    const close = () => void setTimeout(() => { throw new Error('left behind') }, 1)
    export default () => ({ async send() {}, async receive() {}, close })`)
  expect(await withMessages()).toBe('completed')
  expect(await plain()).toBe('completed')
})

test('a module of channels is imported anew for each load', async () => {
  const { withMessages } = await loads(`
    let made = 0
    export default () => {
      if (++made > 1) throw new Error('it was made for another load')
      return { async send() {}, async receive() {} }
    }`)
  expect([await withMessages(), await withMessages()]).toEqual(['completed', 'completed'])
})

test('a process whose code stands on its command line has load threads, too', async () => {
  const folder = project(files(''))
  const { origin } = await serve(() => ({ body: {} }))
  const engine = new URL('../../dist/engine.js', import.meta.url).href
  const options = JSON.stringify({ workflow: `${folder}/plain.arazzo.yaml`, servers: origin, load })
  const code = `import { runLoad } from ${JSON.stringify(engine)}
    const { state, arrivals } = await runLoad(${options})
    console.log(state, arrivals.passed)
    process.exit()`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { timeout: 60_000 })
  expect(stdout).toBe('completed 3\n')
})
