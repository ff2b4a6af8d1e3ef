/**
 * Where the time of a load thread goes: writes its CPU profile (for the performance panel of Chrome's tools, or any
 * reader of `.cpuprofile`) and a flame graph to bench/out/profile, and names the ten hottest functions and the share of
 * each room.
 *
 * Run: `npm run bench -- profile [plain | ten-kilobytes | changing | changing-megabyte | three-steps | post | one-megabyte | tls] [--transport undici]
 * [--seconds 10] [--write]`; takes the seconds and about five more. The default workload is three-steps; `--write` puts
 * the figures into docs/performance.md.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { table, writeReport } from '../document.ts'
import { targetCore } from '../macro/cores.ts'
import { startNginx } from '../macro/nginx.ts'
import { assertMeasurable } from '../macro/programs.ts'
import { CONNECTIONS, runTask } from '../macro/rows.ts'
import { workloads } from '../macro/workloads.ts'
import { type Call, callTree, functionOf, type Hot, nameScan, roomOf, sharesBy } from './call-tree.ts'
import { renderFlameGraph } from './flame-graph.ts'
import { placesOf } from './places.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    transport: { type: 'string', default: 'wire' },
    seconds: { type: 'string', default: '10' },
    write: { type: 'boolean', default: false },
  },
})
const { transport } = values
const seconds = Number(values.seconds)
const names = workloads.map(({ name }) => name).join(', ')
const workload = workloads.find(({ name }) => name === (positionals[0] ?? 'three-steps'))
if (!workload || (transport !== 'wire' && transport !== 'undici') || !(seconds >= 1)) {
  console.error(
    `Failed to profile ${positionals.join(' ')}: no such workload, transport or time. Take one of ${names}, wire or undici, and a second at least.`,
  )
  process.exit(2)
}

assertMeasurable()
const folder = fileURLToPath(new URL('./profile', import.meta.url))
const raw = join(folder, 'raw')
rmSync(raw, { recursive: true, force: true })
mkdirSync(raw, { recursive: true })

const target = await startNginx([targetCore])
const server = workload.isTls ? target.tls : { origin: target.origin, ca: undefined }
if (!server) throw new Error(`Failed to profile ${workload.name}: ${target.whyNoTls}. Install it.`)
const does = Object.keys(workload.workflows).at(-1)!
const task = { kind: 'ours', threads: 1, connections: CONNECTIONS, seconds, transport } as const
const sample = await runTask({ ...task, ...server, workflow: workload.workflows[does]! }, undefined, [
  '--cpu-prof',
  `--cpu-prof-dir=${raw}`,
  '--cpu-prof-interval=500',
])
await target.stop()

const isOfWorker = ({ nodes }: Profiler.Profile) =>
  nodes.some(({ callFrame }) => callFrame.url.endsWith('/load-worker.js'))
const profile = readdirSync(raw)
  .map(name => JSON.parse(readFileSync(join(raw, name), 'utf8')) as Profiler.Profile)
  .find(isOfWorker)
if (!profile) throw new Error(`Failed to profile ${workload.name}: the load thread left none. See ${raw}.`)
rmSync(raw, { recursive: true })

const root = callTree(profile, seconds, placesOf())
if (transport === 'wire') nameScan(root)
splitIdle(root, sample.eventLoopUtilization ?? 1)
const name = `${workload.name}-${transport}`
const title = `${workload.title} (${does}), ${transport}`
const [profileFile, graphFile] = [join(folder, `${name}.cpuprofile`), join(folder, `${name}.html`)]
writeFileSync(profileFile, JSON.stringify(profile))
writeFileSync(graphFile, renderFlameGraph(title, root))

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const rooms = sharesBy(root, roomOf).filter(({ share }) => share >= 0.001)
const hot = sharesBy(root, functionOf).slice(0, 10)
console.log(
  `${title}: ${sample.requestsPerSecond.toFixed(0)} requests/s, ${sample.cpuPerRequest.toFixed(1)} us of CPU each`,
)
console.log('\nWhere the time goes:')
for (const { name, share } of rooms) console.log(`${percent(share).padStart(8)}  ${name}`)
console.log('\nThe ten hottest functions, by the time in themselves:')
for (const { name, share } of hot) console.log(`${percent(share).padStart(8)}  ${name}`)
console.log(`\n${relative('', profileFile)}\n${relative('', graphFile)}`)
if (values.write) {
  const rowsOf = (shares: readonly Hot[]) => shares.map(({ name, share }) => [name, percent(share)])
  const when = `${title}; ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${sample.requestsPerSecond.toFixed(0)} requests/s while it was watched.`
  writeReport(
    'profile',
    [when, table(['room', 'time'], rowsOf(rooms)), table(['function', 'in itself'], rowsOf(hot))].join('\n\n'),
  )
}
process.exit(0)

/**
 * V8 takes all that happens while libuv polls for idleness, the reading of sockets among it; only what the event loop
 * calls idle really is.
 */
function splitIdle({ total, children }: Call, utilization: number): void {
  const at = children.findIndex(({ name }) => name === '(idle)')
  const idle = children[at]
  if (!idle) return
  const waiting = Math.min(idle.self, (1 - utilization) * total)
  const part = (name: string, self: number) => ({ name, where: '', self, total: self, children: [] })
  children.splice(
    at,
    1,
    part('(libuv: polls and reads sockets)', idle.self - waiting),
    part('(waits for responses)', waiting),
  )
}
