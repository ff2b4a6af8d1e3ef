import { environmentOf } from '../../src/measure/environment.ts'
import { megabytes } from '../bars.ts'
import { table } from '../document.ts'
import { type Judged, MEMORY_BAR, memoryOfOne } from './bars.ts'
import { generatorCores, targetCores } from './cores.ts'
import { medianOf, pick, ratioOf } from './figures.ts'
import { find, versionOfPackage } from './programs.ts'
import type { Measured } from './rounds.ts'
import { CONNECTIONS } from './rows.ts'
import type { Scaled } from './scaling.ts'

const count = (value: number) => Math.round(value).toLocaleString('en-GB')
const ratio = (value: number | undefined) => (value === undefined ? '' : value.toFixed(2))

export function barTable(judged: readonly Judged[]): string {
  return table(
    ['ours (wire)', 'measured', 'bar', ''],
    judged.map(({ title, ratio: measured, atLeast, isMet }) => [
      title,
      measured === undefined ? 'not measured' : ratio(measured),
      `at least ${atLeast}`,
      isMet ? 'met' : 'not met',
    ]),
  )
}

/** Compared with wrk where it ran. CPU comes first: rates move by a third where others use the host. */
function workloadTable(all: readonly Measured[]): string {
  const { workload } = all[0]!.row
  const wrk = pick(all, workload.name, 'wrk')
  return `### ${workload.title}\n\n${table(
    ['generator', 'CPU us a request', 'requests/s', 'x wrk'],
    all.map(measured => {
      const { row, missing } = measured
      const name = `${row.generator}${row.does && `: ${row.does}`}`
      if (missing !== undefined) return [name, missing.replaceAll('|', '/'), '', '']
      return [
        name,
        medianOf(measured, sample => sample.cpuPerRequest).toFixed(1),
        count(medianOf(measured, sample => sample.requestsPerSecond)),
        ratio(wrk && ratioOf(measured, wrk)),
      ]
    }),
  )}`
}

function scaling(scaled: readonly Scaled[]): string {
  const first = scaled[0]!
  const [ours, theirs] = [generatorCores.length, targetCores.length]
  const few =
    ours === 1
      ? ' The generator has one core here, which all threads share: only the first line says what a thread can do, and the others what further threads cost.'
      : ''
  return [
    '### Threads',
    `The three steps with ${CONNECTIONS} users a thread, through the wire; ${ours} core${ours > 1 ? 's' : ''} for the generator, ${theirs} for the target.${few}`,
    table(
      ['threads', 'requests/s', 'a thread', 'x one thread', 'memory', 'each further thread'],
      scaled.map(({ threads, requestsPerSecond, memory }) => [
        String(threads),
        count(requestsPerSecond),
        count(requestsPerSecond / threads),
        ratio(requestsPerSecond / first.requestsPerSecond),
        `${(memory / 1e6).toFixed(0)} MB`,
        threads === first.threads ? '' : `${((memory - first.memory) / (threads - first.threads) / 1e6).toFixed(0)} MB`,
      ]),
    ),
    memoryLine(memoryOfOne(scaled)),
  ].join('\n\n')
}

function memoryLine(memory: number | undefined): string {
  const found = memory === undefined ? 'not measured' : megabytes(memory)
  const verdict = memory !== undefined && memory < MEMORY_BAR ? 'met' : 'not met'
  return `Memory with one thread: ${found} (bar: under ${megabytes(MEMORY_BAR)}), ${verdict}.`
}

export interface Findings {
  rounds: number
  seconds: number
  all: readonly Measured[]
  judged: readonly Judged[]
  scaled: readonly Scaled[]
}

/** All that a run of the benchmarks found, with where and with what. */
export function render({ rounds, seconds, all, judged, scaled }: Findings): string {
  const { processor, cores, memory, system, node } = environmentOf()
  const versions = [
    ...(['nginx', 'wrk', 'ab', 'hey', 'openssl'] as const).flatMap(name => {
      const version = find(name)
      return version === undefined ? [] : [`${name} ${version}`.trim()]
    }),
    `autocannon ${versionOfPackage('autocannon')}`,
    `undici ${versionOfPackage('undici')}`,
  ]
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${processor}, ${cores} cores, ${(memory / 2 ** 30).toFixed(0)} GiB, ${system}, Node ${node}; ${versions.join(', ')}.`,
    `Medians of ${rounds} interleaved rounds of ${seconds} s, ${CONNECTIONS} connections, the target (nginx) on one core and the generator on another. Ratios are medians of those within each round.`,
    barTable(judged),
    ...[...new Set(all.map(({ row }) => row.workload))].map(workload =>
      workloadTable(all.filter(({ row }) => row.workload === workload)),
    ),
    ...(scaled.length > 0 ? [scaling(scaled)] : []),
  ].join('\n\n')
}
