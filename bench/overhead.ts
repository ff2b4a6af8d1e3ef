/**
 * Bar: at least 60 % of a bare undici `dispatch` loop's requests/s on the same core in the same run, with extraction,
 * criteria and histograms on. Both send the same three requests over 64 connections, in turns; medians of the rounds.
 * Run: `npm run bench -- overhead [rounds] [seconds]`.
 */
import { fileURLToPath } from 'node:url'
import { runLoad } from 'vitest-arazzo/engine'
import { bareDispatch } from './bare-dispatch.ts'
import { median, pinToGeneratorCore, startTarget } from './target.ts'

await pinToGeneratorCore()
const [rounds = 5, seconds = 3] = process.argv.slice(2).map(Number)
const { origin, child } = await startTarget()
const token = await fetch(`${origin}/login`, { method: 'POST', body: '{"username":"demo","password":"demo-password"}' })
  .then(response => response.json() as Promise<{ token: string }>)
  .then(body => body.token)
const authorization = ['authorization', `Bearer ${token}`]
const requests = [
  {
    method: 'POST',
    path: '/login',
    headers: ['content-type', 'application/json'],
    body: '{"username":"demo","password":"demo-password"}',
  },
  { method: 'GET', path: '/items', headers: authorization },
  { method: 'GET', path: '/items/item-4', headers: authorization },
]
const workflow = `${fileURLToPath(new URL('../documents/three-steps.arazzo.yaml', import.meta.url))}#buy`

const bare: number[] = []
const ours: number[] = []
for (let round = 1; round <= rounds; round++) {
  bare.push((await bareDispatch({ origin, requests, connections: 64, seconds })).requestsPerSecond)
  const report = await runLoad({
    workflow,
    servers: origin,
    load: { vus: 64, duration: seconds * 1000, warmUp: 500, threads: 1 },
    connections: { max: 64 },
  })
  if (report.errorRate > 0) throw new Error(`Failed to compare: ${JSON.stringify(report.errors)}`)
  ours.push(report.rps)
  console.log(
    `round ${round}: bare ${bare.at(-1)!.toFixed(0)}/s, workflow ${ours.at(-1)!.toFixed(0)}/s, ratio ${(ours.at(-1)! / bare.at(-1)!).toFixed(2)}`,
  )
}
const ratio = median(ours) / median(bare)
console.log(
  `median: bare ${median(bare).toFixed(0)}/s, workflow ${median(ours).toFixed(0)}/s, ratio ${ratio.toFixed(2)} (bar: 0.60)`,
)
child.kill()
process.exit(ratio >= 0.6 ? 0 : 1)
