import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'
import { given } from '../ground/given.ts'
import { formatBytes, formatNumber } from '../ground/units.ts'
import type { Environment } from './report.ts'

/** @param cpuQuota of this process, in cores. */
export function environmentOf(cpuQuota?: number): Environment {
  const memory = totalmem()
  const limit = process.constrainedMemory()
  return given({
    node: process.version,
    system: `${type()} ${release()}`,
    architecture: process.arch,
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memory,
    cpuQuota,
    // Without a limit: nothing, zero, or more than there is.
    memoryLimit: limit > 0 && limit < memory ? limit : undefined,
  })
}

/** What makes machines one and the same for figures, in words, by what it is called. */
const PARTS: readonly [name: string, of: (environment: Environment) => string][] = [
  ['processor', ({ processor }) => processor],
  ['cores', ({ cores }) => String(cores)],
  ['CPU quota', ({ cpuQuota }) => (cpuQuota === undefined ? 'none' : `${formatNumber(cpuQuota)} cores`)],
  // The kernel keeps some of it for itself, and not always as much.
  ['memory', ({ memory }) => formatBytes(memory, 2)],
  ['memory limit', ({ memoryLimit }) => (memoryLimit === undefined ? 'none' : formatBytes(memoryLimit))],
  ['system', ({ system }) => system],
  ['architecture', ({ architecture }) => architecture],
  ['Node', ({ node }) => node],
]

/** Equal for machines whose figures compare; undefined where it is not known where a run took place. */
export function fingerprintOf(environment: Environment | undefined): string | undefined {
  return environment && JSON.stringify(PARTS.map(([, of]) => of(environment)))
}

/** By what two machines differ: `Node v20.20.2 and v22.1.0`. */
export function machinesDiffer(a: Environment, b: Environment): string[] {
  return PARTS.flatMap(([name, of]) => (of(a) === of(b) ? [] : [`${name} ${of(a)} and ${of(b)}`]))
}

/** `Intel Xeon, 2 cores, 8.2 GB, Linux 6.1.0, Node v20.20.2`; quota and limit where there are any. */
export function describeMachine(environment: Environment): string {
  const { processor, cores, cpuQuota, memory, memoryLimit, system, node } = environment
  const quota = cpuQuota === undefined ? '' : ` (${formatNumber(cpuQuota)} by quota)`
  const limit = memoryLimit === undefined ? '' : ` (${formatBytes(memoryLimit)} by limit)`
  return `${processor}, ${cores} cores${quota}, ${formatBytes(memory)}${limit}, ${system}, Node ${node}`
}
