import { expect, test } from 'vitest'
import { program } from '../verdicts/applications.ts'
import { overEach } from './over-each.ts'
import { exchange, request, transportWith } from './support.ts'

/* A thread that stands still reads no response. It fires its timers before it reads sockets again. */

const SERVER = `
require('node:http').createServer((request, response) => {
  if (request.url !== '/never') setTimeout(() => response.end('ok'), 100)
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
`

/** Keeps this thread, but not its core. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

overEach('while its thread stands still (%s)', () => {
  test('a request whose response came in time does not run out of time, and one without a response does', async () => {
    const { servers: origin } = await program(SERVER)
    const transport = transportWith({ connections: 2 })
    await exchange(transport, request(origin))
    const answered = exchange(transport, request(origin, { timeout: 400 }))
    const never = exchange(transport, request(origin, { path: '/never', timeout: 400 }))
    await new Promise(resolve => setTimeout(resolve, 20))
    // Timers come next in the event loop.
    setImmediate(() => standStill(800))
    expect(await answered).toMatchObject({ status: 200 })
    expect(await never).toMatchObject({ cause: 'timeout' })
  })
})
