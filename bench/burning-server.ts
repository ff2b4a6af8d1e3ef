/**
 * A server that uses as much as it is told to: shares of a core, one for a process (its own first, then one for each
 * child), and megabytes (1,000,000 bytes) that it holds and has written to.
 *
 *   GET /ping -> 200 {"ok":true}
 *
 * Run: `node burning-server.js <port> <shares> <megabytes>`, such as `0 0.6,0.6 300`; prints `listening <port>` once it
 * is.
 */
import { Buffer } from 'node:buffer'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'

/** Work between two looks at the clock, at most, so that requests are answered meanwhile. */
const SLICE = 40
const BREAK = 10
const [port = '0', shares = '0', megabytes = '0'] = process.argv.slice(2)
const [own = 0, ...others] = shares.split(',').map(Number)

/** Keeps what this process has used since it began at its share: after a break it makes up for it. */
function burn(share: number): void {
  const [began, before] = [performance.now(), process.cpuUsage()]
  const used = () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  const work = () => {
    const now = performance.now()
    while (used() < (performance.now() - began) * share && performance.now() - now < SLICE);
    setTimeout(work, share > 0.5 ? 1 : BREAK)
  }
  work()
}

if (process.send !== undefined) {
  if (own > 0) burn(own)
  process.on('disconnect', () => process.exit())
  process.send('up')
} else {
  const children = others.map(share => fork(process.argv[1]!, ['0', String(share)]))
  await Promise.all(children.map(child => once(child, 'message')))
  const held = Array.from({ length: Number(megabytes) }, () => Buffer.alloc(1_000_000, 1))
  const server = createServer((_, response) => {
    // Of what is held, so that it is held.
    const body = JSON.stringify({ ok: held.every(one => one[0] === 1) })
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  server.listen(Number(port), '127.0.0.1', () => {
    process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
    if (own > 0) burn(own)
  })
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
