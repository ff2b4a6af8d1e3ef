import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runWorkflow } from '../../src/workflow/functional.ts'
import type { Random } from '../http/differential/random.ts'
import { oneStep, within } from './folder.ts'
import type { Kind } from './kind.ts'

const files = oneStep('successCriteria: [{ condition: $statusCode == 200 }, { condition: $response.body#/ok == true }]')

const whole = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}'

/** What happens to a connection once a request is there. */
const ends: ((socket: Socket, random: Random) => unknown)[] = [
  socket => socket.resetAndDestroy(),
  socket => socket.destroy(),
  socket => socket.end(),
  (socket, random) => socket.end(whole.slice(0, random.below(whole.length))),
  (socket, random) => socket.write(whole.slice(0, random.below(whole.length))),
  (socket, random) => socket.write(whole.slice(0, random.below(whole.length)), () => socket.resetAndDestroy()),
  socket => socket.write('\r\n'.repeat(50_000)),
  socket => socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(50_000)}`),
  socket => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000)),
  socket => socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'a'.repeat(200_000)}`),
  async (socket, random) => {
    for (const byte of whole.slice(0, 20 + random.below(40))) {
      socket.write(byte)
      await setTimeout(1)
    }
    socket.destroy()
  },
]

/**
 * A server that breaks off fails the step, and one that hangs fails it when the run is aborted; no connection stays.
 */
export const faults: Kind = {
  name: 'faults',
  quick: ends.length,
  whole: ends.length * 40,
  lanes: 8,
  attack: (random, index) =>
    within(files, async folder => {
      const sockets = new Set<Socket>()
      const server = createServer(socket => {
        sockets.add(socket.on('error', () => {}))
        socket.on('close', () => sockets.delete(socket))
        socket.once('data', () => void ends[index % ends.length]!(socket, random))
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      try {
        const { state } = await runWorkflow(join(folder, 'flow.arazzo.yaml'), {
          servers: `http://127.0.0.1:${port}`,
          signal: AbortSignal.timeout(500),
        })
        for (let tries = 0; tries < 20 && sockets.size > 0; tries++) await setTimeout(50)
        if (sockets.size > 0) return 'a connection is left'
        return state === 'failed' ? undefined : `the run ${state}`
      } finally {
        for (const socket of sockets) socket.destroy()
        await new Promise(resolve => server.close(resolve))
      }
    }),
}
