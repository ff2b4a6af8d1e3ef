import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { listen } from '../builders/listen.ts'
import { follow } from '../model/interpreter.ts'
import { action, flow, type Program, pathOf, program, type Script, step, type Value } from '../model/program.ts'

/* A workflow with every kind of way back, and a server that gives each iteration a fate of its own. */

const session: Value = { step: 'begin', output: 'n' }
const own = { name: 's', value: session }
const given = { name: 's', value: { input: 's' } as Value }
const inputs = { s: undefined }

export const crowded: Program = program([
  flow(
    'main',
    [
      step('begin', { accepts: undefined }),
      step('prepare', {
        runs: 'child',
        sends: [own],
        accepts: [200, 201, 404],
        onFailure: [
          action('retry', { name: 'mend', to: { flow: 'repair' }, sends: [own] }),
          action('goto', { name: 'round', to: { step: 'work' }, when: [[500, 503]] }),
        ],
      }),
      step('work', {
        sends: [own],
        accepts: [200, 201],
        onFailure: [
          action('retry', { name: 'again', limit: 3, when: [[503]] }),
          action('retry', { name: 'by step', limit: 2, to: { step: 'mend' }, when: [[500, 503]] }),
          action('goto', { name: 'back', to: { step: 'prepare' }, when: [[404]] }),
        ],
        onSuccess: [
          action('goto', { name: 'once more', to: { step: 'mend' }, when: [[201]] }),
          action('goto', { name: 'on', to: { step: 'finish' } }),
        ],
      }),
      step('mend', { sends: [own], onSuccess: [action('goto', { to: { step: 'work' } })] }),
      step('finish', {
        sends: [own],
        onFailure: [action('goto', { to: { flow: 'last' }, sends: [own], when: [[404, 500]] })],
      }),
    ],
    { onFailure: [action('retry', { name: 'again', when: [[503]] })] },
  ),
  flow(
    'child',
    [
      step('one', { sends: [given], accepts: [200, 201, 404] }),
      step('two', { sends: [given], onFailure: [action('retry', { limit: 2, to: { step: 'one' } }), action('end')] }),
    ],
    { inputs, gives: [{ name: 'n', value: { step: 'two', output: 'n' } }] },
  ),
  flow('repair', [step('fix', { sends: [given] })], { inputs }),
  flow('last', [step('rites', { sends: [given], accepts: [200, 404] })], { inputs }),
])

/** What the nth request of an iteration for a path is answered: drawn from all three, always the same. */
function fateOf(id: number): Script {
  return (url, nth) => {
    if (pathOf(url) === '/main/begin') return { status: 200 }
    const drawn = hash(`${id} ${pathOf(url)} ${nth}`) % 100
    const odds: [number, number][] = [
      [55, 200],
      [62, 201],
      [72, 404],
      [82, 500],
      [98, 503],
    ]
    return { status: odds.find(([below]) => drawn < below)?.[1] ?? 0 }
  }
}

function hash(text: string): number {
  let value = 2_166_136_261
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16_777_619)
  value = Math.imul(value ^ (value >>> 15), 0x2c_1b_3c_6d)
  return (value ^ (value >>> 13)) >>> 0
}

export interface Crowd {
  origin: string
  /** Paths that each iteration has requested, in order; the first iteration is number 1. */
  sessions: string[][]
}

/** Answers every iteration by its fate, one that takes a moment. */
export async function serveCrowd(): Promise<Crowd> {
  const crowd: Crowd = { origin: '', sessions: [] }
  const server = createServer(async (request, response) => {
    const url = request.url!
    const path = pathOf(url)
    const id = path === '/main/begin' ? crowd.sessions.push([]) : Number(/[?&]s=(\d+)/.exec(url)?.[1])
    const seen = crowd.sessions[id - 1]!
    const nth = seen.filter(one => one === path).length
    seen.push(path)
    const { status } = fateOf(id)(url, nth)
    if (seen.length % 3 === 0) await delay(id % 4)
    // On a connection that was idle: once something of an answer has come, no client sends the request again.
    if (status === 0) return void request.socket.write('HTTP/1.1 ', () => request.socket.destroy())
    const body = JSON.stringify({ n: path === '/main/begin' ? id : seen.length })
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  crowd.origin = await listen(server)
  return crowd
}

/** What so many iterations make in all, by the model. */
export function inAll(iterations: number) {
  const sum = { passed: 0, failed: 0, steps: {} as Record<string, { requests: number; errors: number }> }
  const sessions: string[][] = []
  for (let id = 1; id <= iterations; id++) {
    const { state, requests, trail } = follow(crowded, fateOf(id))
    sum[state]++
    sessions.push(requests.map(pathOf))
    for (const entry of trail) {
      const [name, outcome] = entry.split(' ') as [string, string]
      if (name === 'main/prepare') continue
      const [workflow, stepId] = name.split('/') as [string, string]
      const key = workflow === 'main' ? stepId : `${workflow}.${stepId}`
      sum.steps[key] ??= { requests: 0, errors: 0 }
      if (outcome !== 'skipped') sum.steps[key].requests++
      if (outcome !== 'passed') sum.steps[key].errors++
    }
  }
  return { ...sum, sessions }
}
