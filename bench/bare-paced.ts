/**
 * The least that a client in Node can do at a fixed rate: GETs over 64 kept connections of `node:net`, those that are
 * due written once a millisecond, responses counted and not read. What it takes of a core is the system's and Node's,
 * and tells the host.
 */
import { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'

const CONNECTIONS = 64

export interface Paced {
  requestsPerSecond: number
  /** Of one core. */
  cpu: number
}

/** @param text a request to the letter, whose response comes in one piece. */
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
    const callback = () => {
      ended++
      free.push(socket)
      send()
      return true
    }
    const port = Number(new URL(origin).port)
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
    return socket.once('connect', () => free.push(socket))
  })
  await setTimeout(500)
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - start) {
    due = Math.floor((elapsed * rate) / 1000)
    send()
    await setTimeout(1)
  }
  const { user, system } = process.cpuUsage(cpu)
  const elapsed = (performance.now() - start) / 1000
  for (const socket of sockets) socket.destroy()
  return { requestsPerSecond: ended / elapsed, cpu: (user + system) / 1e6 / elapsed }
}
