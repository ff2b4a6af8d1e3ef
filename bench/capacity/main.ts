/**
 * Bar: the search for the capacity finds the knee of a real throttled server (a process of its own on loopback: so many
 * workers, each busy for a fixed time with a request, one queue) within 10 %, in less than a minute. Takes about 45 s.
 * Run: `npm run bench -- capacity [workers] [milliseconds a request]`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { renderLoadReport, runLoad } from 'vitest-arazzo/engine'

const [role, ...figures] = process.argv[2] === 'server' ? process.argv.slice(2) : ['', ...process.argv.slice(2)]
const [workers = 24, service = 20] = figures.map(Number)

/** Workers as the times at which they are free: what a timer is late by is not added to the next request. */
function serve(): void {
  const free = new Array<number>(workers).fill(0)
  const body = JSON.stringify([{ id: 7 }])
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const server = createServer((_, response) => {
    const now = performance.now()
    const first = free.indexOf(Math.min(...free))
    const end = Math.max(now, free[first]!) + service
    free[first] = end
    setTimeout(() => response.writeHead(200, headers).end(body), end - now)
  })
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
}

async function search(): Promise<boolean> {
  const args = [fileURLToPath(import.meta.url), 'server', `${workers}`, `${service}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill())
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string]
  const began = performance.now()
  const report = await runLoad({
    workflow: `${fileURLToPath(new URL('../../fixtures/load/store.arazzo.yaml', import.meta.url))}#peek`,
    servers: `http://127.0.0.1:${port}`,
    load: { capacity: { latency: `p99 < ${service * 10}ms`, from: 70, hold: '5s' }, threads: 1 },
  })
  const seconds = (performance.now() - began) / 1_000
  child.kill()
  console.log(renderLoadReport(report, { verbose: true }))
  const knee = (workers * 1_000) / service
  const { held = 0, missed = Number.NaN, limitedBy } = report.capacity ?? {}
  const error = held / knee - 1
  const isMet = Math.abs(error) <= 0.1 && seconds < 60
  console.log(
    `knee ${knee}/s, found ${held.toFixed(0)}/s (${(error * 100).toFixed(1)} %), interval ${held.toFixed(0)} to ${missed.toFixed(0)}/s, limited by ${limitedBy}, ${seconds.toFixed(1)} s (bar: within 10 %, under 60 s): ${isMet ? 'met' : 'not met'}`,
  )
  return isMet
}

if (role === 'server') serve()
else process.exit((await search()) ? 0 : 1)
