import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { targetCore } from '../macro/cores.ts'
import { median } from '../target.ts'

const FIRST = 3_000
const LAST = 20_000
const CLIENTS = 2
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

function exchange(port: number, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
    const method = body === undefined ? 'GET' : 'POST'
    const sent = request({ agent, port, host: '127.0.0.1', path, method, headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', data => {
        text += data
      })
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject).end(body)
  })
}

async function whenUp(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      await exchange(port, '/health')
      return
    } catch {
      await new Promise(done => setTimeout(done, 50))
    }
  }
  throw new Error('Failed to measure the truth: the shop did not start.')
}

/** CPU time of a process so far, in ticks of 10 ms (proc(5), utime and stime). */
function ticksOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

type Exchange = (path: string, body?: string) => Promise<string>

/** How an application is started, and what a user asks of it. */
export interface Work {
  /** Command without quotes, which starts a single process. */
  command: string
  requests: number
  ask: (exchange: Exchange) => Promise<void>
  /** Environment of head; default: that of base. */
  ofHead?: NodeJS.ProcessEnv
}

const BUY: Work = {
  command: 'node dist/server.js',
  requests: 3,
  ask: async exchange => {
    const { items } = JSON.parse(await exchange('/products')) as { items: { id: number }[] }
    await exchange(`/products/${items[0]!.id}`)
    await exchange('/orders', JSON.stringify({ product: items[0]!.id }))
  },
}

/** Milliseconds of CPU per request of one launch of a build, over its requests 3,000 to 20,000. */
async function costOf(folder: string, { command, requests, ask }: Work, more?: NodeJS.ProcessEnv): Promise<number> {
  const port = await freePort()
  const env = { ...process.env, ...more, PORT: String(port) }
  const child = spawn('taskset', ['-c', targetCore, ...command.split(' ')], { cwd: folder, env, stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  try {
    await whenUp(port)
    let sent = 0
    let atFirst: number | undefined
    const client = async () => {
      while (sent < LAST) {
        if (sent >= FIRST) atFirst ??= ticksOf(child)
        sent += requests
        await ask((path, body) => exchange(port, path, body))
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    return ((ticksOf(child) - atFirst!) * 10) / (LAST - FIRST)
  } finally {
    process.off('exit', kill)
    kill()
  }
}

/** Change of CPU time per request from one build to another, as a share: the median of pairs of launches. */
export async function truthOf(
  base: string,
  head: string,
  pairs: number,
  work: Work = BUY,
): Promise<{ base: number; change: number }> {
  const costs: { base: number; head: number }[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const isBaseFirst = pair % 2 === 0
    const sides = isBaseFirst
      ? ([base, undefined, head, work.ofHead] as const)
      : ([head, work.ofHead, base, undefined] as const)
    const first = await costOf(sides[0], work, sides[1])
    const second = await costOf(sides[2], work, sides[3])
    costs.push(isBaseFirst ? { base: first, head: second } : { base: second, head: first })
  }
  const change = median(costs.map(({ base, head }) => head / base - 1))
  return { base: median(costs.map(({ base }) => base)), change }
}
