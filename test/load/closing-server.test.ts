import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { rawTarget } from '../http/support.ts'
import { ITEMS, load } from '../verdicts/applications.ts'

const RESPONSE = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ITEMS.length}\r\n\r\n${ITEMS}`

const ENDINGS: Record<string, (socket: Socket) => void> = {
  'with the response': socket => socket.end(RESPONSE),
  'once the response is written': socket => socket.write(RESPONSE, () => socket.destroy()),
  'a turn of its event loop later': socket => void socket.write(RESPONSE, () => setImmediate(() => socket.end())),
}

/* Half of all requests were written to connections whose end was about to arrive, over wire alone. */
test.each(Object.keys(ENDINGS))(
  'a server that closes each connection %s, unannounced, fails few requests over wire and over undici',
  async how => {
    for (const transport of ['wire', 'undici'] as const) {
      const { origin } = await rawTarget(socket => ENDINGS[how]!(socket.on('error', () => {})))
      const report = await load({ servers: origin, transport, load: { vus: 4, iterations: 500, threads: 1 } })
      expect(report.arrivals.passed + report.arrivals.failed).toBe(2_000)
      expect(report.arrivals.failed).toBeLessThan(200)
      for (const { message } of report.errors) expect(message).toMatch(/closed the connection|was reset/)
    }
  },
)
