/**
 * The least that a client in Node can do at a fixed rate: one GET over and over on 64 kept connections of `node:net`,
 * those that are due written once a millisecond, responses counted and not read. Its CPU time is that of the system and
 * of Node, and shows how fast the host is; how late it comes to what is due shows how steadily the host lets it run.
 */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { ascending, rankOf } from './known.ts'

const CONNECTIONS = 64

export interface Paced {
  requestsPerSecond: number
  /** CPU time as a share of one core. */
  cpu: number
  /** The 99th percentile of how late it was there for what was due, in milliseconds. */
  late: number
}

/**
 * Throws where a response is no success.
 * @param text the raw text of a request, whose response comes in one piece.
 */
export async function barePaced(origin: string, text: string, rate: number, seconds: number): Promise<Paced> {
  const buffer = Buffer.alloc(65_536)
  const free: Socket[] = []
  let [due, sent, ended] = [0, 0, 0]
  const send = () => {
    while (sent < due && free.length > 0) {
      sent++
      free.pop()!.write(text, 'latin1')
    }
  }
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const callback = (length: number) => {
      if (ended++ === 0) assertSuccess(buffer.toString('latin1', 0, length))
      free.push(socket)
      send()
      return true
    }
    const port = Number(new URL(origin).port)
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
    return socket
  })
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  free.push(...sockets)
  const late: number[] = []
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - start) {
    const before = due
    due = Math.floor((elapsed * rate) / 1000)
    for (let number = before; number < due; number++) late.push(elapsed - (number * 1000) / rate)
    send()
    await setTimeout(1)
  }
  const { user, system } = process.cpuUsage(cpu)
  const elapsed = (performance.now() - start) / 1000
  for (const socket of sockets) socket.destroy()
  return {
    requestsPerSecond: ended / elapsed,
    cpu: (user + system) / 1e6 / elapsed,
    late: rankOf(ascending(late), 0.99),
  }
}

function assertSuccess(response: string): void {
  const [line] = response.split('\r\n')
  if (!line?.startsWith('HTTP/1.1 2'))
    throw new Error(`Failed to measure: the target sent ${line}. Look at the request.`)
}
