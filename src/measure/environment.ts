import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'
import { formatBytes, formatNumber } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { Environment, LoadReport } from './report.ts'

/** @param cpuQuota of this process, in cores. */
export function environmentOf(cpuQuota?: number): Environment {
  const memory = totalmem()
  const limit = process.constrainedMemory()
  return {
    node: process.version,
    system: `${type()} ${release()}`,
    architecture: process.arch,
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memory,
    cpuQuota,
    // Without a limit: nothing, zero, or more than there is.
    memoryLimit: limit > 0 && limit < memory ? limit : undefined,
  }
}

/** Properties that must be equal for comparable figures, by label. */
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

/** Equal for machines whose figures compare. */
export function fingerprintOf(place: Place): string {
  return JSON.stringify([...PARTS.map(([, of]) => of(place.environment)), ...hostsOf(place)])
}

/** Place of a run: the machine, and the hosts that ran the load, if there are any. */
type Place = Pick<LoadReport, 'environment' | 'hosts'>

/** Machines and load shares of all hosts. Names of hosts are irrelevant. */
const hostsOf = ({ hosts = [] }: Place) => hosts.map(({ machine, threads }) => `${threads} x ${machine}`).sort()

/** By what the places of two runs differ: `Node v20.20.2 and v22.1.0`. */
export function placesDiffer(a: Place, b: Place): string[] {
  const [first, second] = [a.environment, b.environment]
  const parts = PARTS.flatMap(([name, of]) =>
    of(first) === of(second) ? [] : [`${name} ${of(first)} and ${of(second)}`],
  )
  const areHostsAlike = JSON.stringify(hostsOf(a)) === JSON.stringify(hostsOf(b))
  return areHostsAlike ? parts : [...parts, `${describeHosts(a)} and ${describeHosts(b)}`]
}

/** `no agents`, `agents on 2 hosts`. */
const describeHosts = ({ hosts = [] }: Place) =>
  hosts.length === 0 ? 'no agents' : `agents on ${counted(hosts.length, 'host')}`

/** Like `describeMachine`, with the hosts that ran the load. */
export function describePlace(place: Place): string {
  const machine = describeMachine(place.environment)
  return place.hosts === undefined ? machine : `${describeHosts(place)}, told by ${machine}`
}

/** `Intel Xeon, 2 cores, 8.2 GB, Linux 6.1.0, Node v20.20.2`; quota and limit where there are any. */
export function describeMachine(environment: Environment): string {
  const { processor, cores, cpuQuota, memory, memoryLimit, system, node } = environment
  const quota = cpuQuota === undefined ? '' : ` (${formatNumber(cpuQuota)} by quota)`
  const limit = memoryLimit === undefined ? '' : ` (${formatBytes(memoryLimit)} by limit)`
  return `${processor}, ${cores} cores${quota}, ${formatBytes(memory)}${limit}, ${system}, Node ${node}`
}
