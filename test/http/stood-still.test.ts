import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { overEach } from './over-each.ts'
import { answered, request, transportWith } from './support.ts'

/** Lives on while this thread stands still; keeps connections for one second, as it says. */
const server = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer(socket => {
    let timer
    socket.on('error', () => {})
    socket.on('data', () => {
      clearTimeout(timer)
      socket.write('HTTP/1.1 200 OK\\r\\nkeep-alive: timeout=1\\r\\ncontent-length: 2\\r\\n\\r\\nok')
      timer = setTimeout(() => socket.end(), 1_000)
    })
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

overEach('a thread that stood still (%s)', () => {
  test('uses no connection that went out of date meanwhile', async () => {
    const worker = new Worker(server, { eval: true })
    try {
      const [port] = await once(worker, 'message')
      const origin = `http://127.0.0.1:${port}`
      const transport = transportWith({ connections: 1 })
      await answered(transport, request(origin))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500)
      const post = request(origin, { method: 'POST', body: 'x' })
      expect(await answered(transport, post)).toMatchObject({ body: 'ok' })
      expect(transport.counters).toMatchObject({ opened: 2, lost: 0, resent: 0 })
    } finally {
      await worker.terminate()
    }
  })
})
