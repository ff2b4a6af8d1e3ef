/**
 * Bar: five searches of one application under a CPU burner that comes and goes agree within 15 %, or say that they
 * cannot tell. The application works 4 ms of CPU on each request, so its knee is just below 250 a second. None of which
 * is sure is not met: nothing was compared. Run: `npm run bench -- capacity-burner [searches] [first seed]`; seed 0 is
 * without a burner. Each takes one to two minutes.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runLoad } from 'vitest-arazzo/engine'

const WORK = 4
const AGREE = 0.15
const [searches = 5, first = 0] = process.argv.slice(2).map(Number)
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function search(seed: number | undefined) {
  const server = fork(file('busy-server.js'), [String(WORK)])
  const [port] = (await once(server, 'message')) as [number]
  const burner = seed === undefined ? undefined : fork(file('burner.js'), [String(seed)])
  try {
    const { capacity } = await runLoad({
      workflow: `${file('../../fixtures/load/store.arazzo.yaml')}#peek`,
      servers: `http://127.0.0.1:${port}`,
      target: { pid: server.pid! },
      load: { capacity: { latency: 'p99 < 100ms', from: 60, hold: '3s' }, threads: 1, maxDuration: '100s' },
    })
    const { held = 0, missed, certain = { from: 0 }, probes = [] } = capacity ?? {}
    const to = certain.to ?? Number.POSITIVE_INFINITY
    const isSure = to <= certain.from * (1 + AGREE)
    const disturbed = probes.filter(({ disturbedBy }) => disturbedBy !== undefined).length
    console.log(
      `${seed === undefined ? 'in peace' : `burner ${seed}`}: ${held.toFixed(0)}/s held, ${missed?.toFixed(0)}/s did not, certain ${certain.from.toFixed(0)} to ${to.toFixed(0)}/s${isSure ? '' : ' (cannot tell)'}, ${probes.length} rates tried, ${disturbed} disturbed`,
    )
    return { held, isSure }
  } finally {
    server.disconnect()
    burner?.disconnect()
  }
}

const found = []
for (let seed = first; seed < first + searches + (first === 0 ? 1 : 0); seed++) {
  const one = await search(seed === 0 ? undefined : seed)
  if (seed > 0) found.push(one)
}
const sure = found.filter(({ isSure }) => isSure).map(({ held }) => held)
const spread = sure.length > 0 ? Math.max(...sure) / Math.min(...sure) - 1 : 0
const isMet = sure.length > 0 && spread <= AGREE
console.log(
  `${sure.length} of ${found.length} are sure, and differ by ${(spread * 100).toFixed(1)} % (bar: 15 %): ${isMet ? 'met' : 'not met'}`,
)
process.exit(isMet ? 0 : 1)
