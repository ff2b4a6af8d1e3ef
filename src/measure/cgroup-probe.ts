import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { tried } from '../ground/tried.ts'
import { notMeasured, type Probe, type Reading, Rising } from './probe.ts'
import { readProcStat } from './proc-stat.ts'

const ROOT = '/sys/fs/cgroup'
/** Folders looked into for a container's id. */
const MOST_FOLDERS = 20_000

/**
 * A control group: a container, or a service of systemd. Memory is what the kernel charges to it without what it could
 * drop at once (inactive file pages), as `docker stats` shows it.
 *
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup-v1/memory.html, cgroup-v1/cpuacct.html
 */
export class CgroupProbe implements Probe {
  readonly subject: string
  readonly #read: () => Reading
  readonly #cpu = new Rising()

  /**
   * @param name a path below `/sys/fs/cgroup` (`/system.slice/api.service`), or a container's id, whole or its first 12
   * digits. Throws a `ProbeError` if it does not exist.
   */
  constructor(name: string, root = ROOT) {
    this.subject = `cgroup ${name.length > 24 && !name.includes('/') ? name.slice(0, 12) : name}`
    this.#read = readerOf(name, root) ?? this.#missing(name, root)
  }

  async sample(): Promise<Reading> {
    try {
      const reading = this.#read()
      const restarted = this.#cpu.fall(reading.cpuTime) && 'its CPU time began anew'
      return { ...reading, cpuTime: this.#cpu.sum(reading.cpuTime), restarted }
    } catch (cause) {
      const advice = 'Check that the container or service still runs.'
      throw notMeasured(this.subject, (cause as Error).message, advice, cause)
    }
  }

  #missing(name: string, root: string): never {
    const advice = 'Give its path below that folder, or the id that `docker ps --no-trunc` shows.'
    throw notMeasured(this.subject, `there is no ${JSON.stringify(name)} below ${root}`, advice)
  }
}

function readerOf(name: string, root: string): (() => Reading) | undefined {
  const unified = folderOf(name, root, 'cgroup.procs', 'memory.current')
  if (unified !== undefined) return () => readUnified(unified)
  const memory = folderOf(name, join(root, 'memory'), 'memory.usage_in_bytes')
  const cpu =
    folderOf(name, join(root, 'cpuacct'), 'cpuacct.usage') ?? folderOf(name, join(root, 'cpu,cpuacct'), 'cpuacct.usage')
  if (memory === undefined || cpu === undefined) return undefined
  return () => readVersion1(memory, cpu)
}

function readUnified(folder: string): Reading {
  const cpu = numbersOf(join(folder, 'cpu.stat'))
  const memory = numbersOf(join(folder, 'memory.stat'))
  return {
    memory: numberIn(join(folder, 'memory.current')) - (memory.get('inactive_file') ?? 0),
    cpuTime: (cpu.get('usage_usec') ?? Number.NaN) / 1000,
    ...processesIn(join(folder, 'cgroup.procs')),
  }
}

function readVersion1(memory: string, cpu: string): Reading {
  const stat = numbersOf(join(memory, 'memory.stat'))
  return {
    memory: numberIn(join(memory, 'memory.usage_in_bytes')) - (stat.get('total_inactive_file') ?? 0),
    cpuTime: numberIn(join(cpu, 'cpuacct.usage')) / 1e6,
    ...processesIn(join(memory, 'cgroup.procs')),
  }
}

/**
 * The folder of that path, or the one that a container's id names: `docker-<id>.scope`, `cri-containerd-<id>.scope`,
 * `<id>`.
 */
function folderOf(name: string, root: string, ...files: string[]): string | undefined {
  const isGroup = (folder: string) => files.every(file => exists(join(folder, file)))
  const direct = join(root, name.startsWith(root) ? name.slice(root.length) : name)
  if (isGroup(direct)) return direct
  if (!/^[0-9a-f]{12,64}$/.test(name)) return undefined
  const queue = [root]
  for (let looked = 0; looked < MOST_FOLDERS; looked++) {
    const folder = queue.shift()
    if (folder === undefined) return undefined
    for (const entry of foldersIn(folder)) {
      const path = join(folder, entry)
      if (isOfContainer(basename(path), name) && isGroup(path)) return path
      queue.push(path)
    }
  }
  return undefined
}

function isOfContainer(folder: string, id: string): boolean {
  return new RegExp(`(^|-)${id}[0-9a-f]*(\\.scope)?$`).test(folder)
}

function foldersIn(folder: string): string[] {
  const entries = tried(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.flatMap(entry => (entry.isDirectory() ? [entry.name] : []))
}

function exists(file: string): boolean {
  return tried(() => readFileSync(file)) !== undefined
}

function numberIn(file: string): number {
  return Number(readFileSync(file, 'utf8').trim())
}

function processesIn(file: string): Pick<Reading, 'processes' | 'pids' | 'roots'> {
  const pids = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number)
  const all = new Set(pids)
  // Processes of another namespace have no number here.
  if (pids.length === 0 || all.has(0)) return { processes: pids.length }
  return { processes: pids.length, pids, roots: pids.filter(pid => !all.has(readProcStat(pid)?.ppid ?? 0)) }
}

function numbersOf(file: string): Map<string, number> {
  const pairs = readFileSync(file, 'utf8').trim().split('\n')
  return new Map(pairs.map(pair => [pair.split(' ')[0]!, Number(pair.split(' ')[1])]))
}
