import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sleep } from '../../src/ground/timers.ts'
import { untilAtRest } from '../../src/measure/at-rest.ts'
import { createProcessTreeProbe } from '../../src/measure/resources.ts'
import { freshFolder } from '../builders/folder.ts'

/* Applications with several processes that listen at the same port, of which some take longer to start. */

const CLUSTER = `const cluster = require('node:cluster')
if (cluster.isPrimary) {
  for (const busy of [0, 150]) cluster.fork({ BUSY: busy })
  cluster.on('listening', (worker, { port }) => console.log(port))
} else {
  for (const end = Date.now() + Number(process.env.BUSY); Date.now() < end; );
  require('node:http').createServer((_, response) => response.end(String(process.pid))).listen(0, '127.0.0.1')
}`

test('each worker of a cluster has a connection, also one that listens later than the first', async () => {
  const file = join(freshFolder('cluster'), 'app.cjs')
  writeFileSync(file, CLUSTER)
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    const probe = createProcessTreeProbe(child.pid!, { isFine: true })
    // A busy machine may let a process wait for long.
    await untilAtRest(
      () => probe.sample(),
      length => sleep(3 * length),
    )
    const responders = await Promise.all([workerAt(Number(port)), workerAt(Number(port))])
    expect(new Set(responders).size).toBe(2)
  } finally {
    child.kill()
  }
})

test('an application that is never at rest is waited for once a second, one that is gone not at all', async () => {
  let looks = 0
  const busy = async () => ({ cpuTime: 50 * ++looks, processes: 1 })
  await untilAtRest(busy, async () => {})
  expect(looks).toBe(11)
  await untilAtRest(
    async () => undefined,
    () => expect.fail('waited for nothing'),
  )
})

/** Process that responds on a new connection. */
async function workerAt(port: number): Promise<string> {
  const [response] = await once(get({ host: '127.0.0.1', port, agent: false }), 'response')
  return Buffer.concat(await response.toArray()).toString()
}
