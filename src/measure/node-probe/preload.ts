import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import { FOLDER_VARIABLE, fileOf, type NodeFigures, socketOf } from './protocol.ts'
import { ownTable, type TripTable } from './trip-table.ts'
import { countTrips } from './trips.ts'

/*
 * Loaded into a Node application before its own code (`--import`). It listens at a socket and responds to what it is
 * asked; it keeps no application alive, and costs a timer of 10 ms and an observer of garbage collections. It wraps
 * three methods of sockets, in worker threads too, which count round trips.
 */

const RESOLUTION = 10
const folder = process.env[FOLDER_VARIABLE]

if (folder !== undefined && folder !== '') {
  const table = ownTable()
  countTrips(table)
  if (isMainThread) watch(folder, table)
}

function watch(folder: string, table: TripTable): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  delay.enable()
  let gc = { count: 0, total: 0, max: 0 }
  let loop = performance.eventLoopUtilization()
  const observer = new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) {
      gc.count++
      gc.total += duration
      gc.max = Math.max(gc.max, duration)
    }
  })
  observer.observe({ entryTypes: ['gc'] })

  const mark = () => {
    delay.reset()
    gc = { count: 0, total: 0, max: 0 }
    table.mark()
    loop = performance.eventLoopUtilization()
  }
  const tell = (): NodeFigures => {
    const { active, idle } = performance.eventLoopUtilization(loop)
    return {
      pid: process.pid,
      delay: { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) },
      heap: process.memoryUsage().heapUsed,
      gc: { ...gc },
      loop: { active, idle },
      trips: table.read(),
      requests: table.requests,
    }
  }
  listen(folder, line => {
    if (line === 'mark') mark()
    return JSON.stringify(tell())
  })
}

/** The histogram holds times between two rounds, in nanoseconds; the timer's own are not counted as delay. */
function late(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - RESOLUTION) : 0
}

function listen(folder: string, respond: (line: string) => string): void {
  const [file, path] = [fileOf(folder, process.pid), socketOf(folder, process.pid)]
  const server = createServer(socket => converse(socket, respond))
  // The application runs without the probe too, for example if the folder was removed.
  server.on('error', () => {})
  try {
    mkdirSync(folder, { recursive: true })
    // Left by an earlier process of this number.
    rmSync(file, { force: true })
    if (path !== file) writeFileSync(file, '')
  } catch {
    return
  }
  server.listen(path)
  server.unref()
  process.on('exit', () => rmSync(file, { force: true }))
}

function converse(socket: Socket, respond: (line: string) => string): void {
  let rest = ''
  socket.unref()
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) socket.write(`${respond(line)}\n`)
  })
}
