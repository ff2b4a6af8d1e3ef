/**
 * Bars: CPU and memory of a target that burns a known share (25 %, 60 %, 120 % over two processes) and holds 300 MB are
 * measured within 5 points and 5 %; to look four times a second at a tree of 10 processes costs the generator less than
 * 1 % of a core. Takes about a minute. Run: `npm run bench -- usage`.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runLoad } from 'vitest-arazzo/engine'
import { ResourceMeter } from '../src/measure/resources.ts'
import type { TargetOptions } from '../src/measure/target.ts'
import { createTargetProbe } from '../src/measure/target-probe.ts'
import { median, startServer } from './target.ts'

const workflow = fileURLToPath(new URL('../documents/ping.arazzo.yaml', import.meta.url))
const HELD = 300e6
let isMet = true

function check(what: string, found: string, good: boolean): void {
  isMet &&= good
  console.log(`${what}: ${found}: ${good ? 'met' : 'not met'}`)
}

async function measure(shares: string, megabytes: number) {
  const { origin, child } = await startServer('burning-server.js', [shares, String(megabytes)])
  const report = await runLoad({
    workflow,
    servers: origin,
    target: { pid: child.pid! },
    load: { rps: 20, duration: '6s', warmUp: '2s', threads: 1 },
  })
  child.kill()
  return report.target!
}

const baseline = (await measure('0', 0)).memoryPeak
for (const [shares, share] of [
  ['0.25', 0.25],
  ['0.6', 0.6],
  ['0.6,0.6', 1.2],
] as const) {
  const { cpu, of } = await measure(shares, 0)
  const points = (cpu - share) * 100
  check(
    `CPU of ${share * 100} %`,
    `${(cpu * 100).toFixed(1)} % of ${of}, ${points.toFixed(1)} points off (bar: 5)`,
    Math.abs(points) <= 5,
  )
}
const { memoryPeak } = await measure('0', HELD / 1e6)
const off = (memoryPeak - baseline) / HELD - 1
check(
  'memory of 300 MB more',
  `${((memoryPeak - baseline) / 1e6).toFixed(1)} MB, ${(off * 100).toFixed(1)} % off (bar: 5 %)`,
  Math.abs(off) <= 0.05,
)

/** CPU of this process in a second, as a share of a core. */
async function ownShare(): Promise<number> {
  const before = process.cpuUsage()
  await sleep(1_000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** Seconds with sampling and without take turns: other programs, and our own engine, disturb both alike. */
async function costOf(target: TargetOptions): Promise<number> {
  const costs: number[] = []
  for (let n = 0; n < 10; n++) {
    const meter = new ResourceMeter(createTargetProbe(target))
    await meter.start(250)
    const sampling = await ownShare()
    await meter.stop()
    costs.push(sampling - (await ownShare()))
  }
  return median(costs)
}

const folder = mkdtempSync(join(tmpdir(), 'usage-'))
const probe = fileURLToPath(new URL('../../dist/node-probe.js', import.meta.url))
process.env.NODE_OPTIONS = `--import ${pathToFileURL(probe).href}`
process.env.VITEST_ARAZZO_PROBE = folder
const tree = await startServer('burning-server.js', [new Array(10).fill(0).join(','), '0'])
for (const [name, target] of [
  ['a tree of 10 processes', { pid: tree.child.pid! }],
  ['the same with the probe in each', { pid: tree.child.pid!, probe: folder }],
] as const) {
  const cost = await costOf(target)
  check(`looking at ${name}`, `${(cost * 100).toFixed(2)} % of a core (bar: 1 %)`, cost < 0.01)
}
tree.child.kill()
process.exit(isMet ? 0 : 1)
