import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { RECORD } from '../../src/measure/family-record.ts'
import type { Probe } from '../../src/measure/probe.ts'
import { readProcStat } from '../../src/measure/proc-stat.ts'
import { readProcessTable } from '../../src/measure/process-table.ts'
import { LinuxProcessTree } from '../../src/measure/process-tree-linux.ts'
import { PortableProcessTree } from '../../src/measure/process-tree-portable.ts'
import { createProcessTreeProbe } from '../../src/measure/resources.ts'
import { UsageWindow } from '../../src/measure/usage-window.ts'
import { project } from '../builders/project.ts'

const worker = new URL('./fixtures/worker.js', import.meta.url)
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const gone = once(child, 'exit')
    // Each leads a group of its own: its children go with it.
    process.kill(-(child.pid as number), 'SIGKILL')
    await gone
  }
})

function startWorker() {
  const child = fork(worker, { detached: true })
  children.push(child)
  return {
    child,
    pid: child.pid as number,
    async ask(...message: unknown[]) {
      child.send(message)
      const [answer] = await once(child, 'message')
      return answer as { cpu: number; rss: number; pid: number }
    },
  }
}

const kinds: [string, (pid: number) => Probe][] = [['portable', pid => new PortableProcessTree(pid)]]
/** `ps` of Linux has whole seconds, and its /proc ticks of 10 ms. */
const stepOf = (kind: string) => (kind === 'portable' && process.platform === 'linux' ? 1_000 : 20)
if (process.platform === 'linux') kinds.push(['linux', pid => new LinuxProcessTree(pid)])

/** Probes of each kind that there is here: a process is looked at by all of them. */
const probesOf = (pid: number) => kinds.map(([kind, create]) => ({ kind, probe: create(pid) }))

/** What each of them sees now, one after another. */
async function samplesOf(probes: ReturnType<typeof probesOf>) {
  const samples = []
  for (const { kind, probe } of probes) samples.push({ kind, ...(await probe.sample()) })
  return samples
}

test.runIf(process.platform === 'linux')('memory that is only there between two looks is in the peak', async () => {
  const { pid, ask } = startWorker()
  const probe = new LinuxProcessTree(pid, { isSharedOnce: true })
  const peakOf = async (bytes: number[]) => {
    const window = new UsageWindow()
    const look = async () => window.add({ ...(await probe.sample()), at: performance.now(), requests: 0 })
    await look()
    for (const size of bytes) {
      await ask('holdForAMoment', size)
      await look()
    }
    const { memoryPeak, memoryStart } = window.usage({ subject: 'it' })
    return memoryPeak - memoryStart
  }
  await ask('holdForAMoment', 100_000_000)
  expect(await peakOf([0])).toBeLessThan(50_000_000)
  expect(await peakOf([200_000_000, 0])).toBeGreaterThan(150_000_000)
  expect(await peakOf([0, 0])).toBeLessThan(50_000_000)
})

test('CPU and memory as the process itself reports them', async () => {
  const { pid, ask } = startWorker()
  await ask('ready')
  const probes = probesOf(pid)
  const before = { outside: await samplesOf(probes), inside: await ask('report') }
  await ask('burn', 1_500)
  await ask('hold', 80_000_000)
  const after = { outside: await samplesOf(probes), inside: await ask('report') }
  const cpu = after.inside.cpu - before.inside.cpu
  expect(cpu).toBeGreaterThanOrEqual(1_500)
  for (const [i, { kind, processes, cpuTime, memory }] of before.outside.entries()) {
    expect(processes, kind).toBe(1)
    // Both in steps, and not read at the same moment.
    expect(Math.abs(after.outside[i]!.cpuTime - cpuTime - cpu), kind).toBeLessThan(stepOf(kind) + 0.05 * cpu)
    const grown = after.outside[i]!.memory - memory
    expect(grown / (after.inside.rss - before.inside.rss), kind).toBeCloseTo(1, 0.5)
    expect(grown, kind).toBeGreaterThan(60_000_000)
  }
})

test.runIf(process.platform === 'linux')('it is told whether all of its CPU time came to the nanosecond', async () => {
  const { pid, ask } = startWorker()
  await ask('ready')
  const fine = new LinuxProcessTree(pid, { isFine: true })
  expect((await fine.sample()).isFine).toBe(true)
  await ask('burn', 20)
  expect((await fine.sample()).isFine).toBe(true)
  await ask('burnInChild', 30)
  expect((await fine.sample()).isFine).toBe(false)
  expect((await fine.sample()).isFine).toBe(true)
  for (const coarse of [new LinuxProcessTree(pid), new PortableProcessTree(pid)])
    expect((await coarse.sample()).isFine).toBeUndefined()
})

test('children and grandchildren count', async () => {
  const { pid, ask } = startWorker()
  await ask('ready')
  const probes = probesOf(pid)
  const alone = await samplesOf(probes)
  await ask('descend', 2)
  for (const [i, { kind, processes, memory, cpuTime }] of (await samplesOf(probes)).entries()) {
    expect(processes, kind).toBe(3)
    expect(memory / alone[i]!.memory, kind).toBeGreaterThan(2)
    // Those that have just begun have less than a second of `ps`.
    expect(cpuTime, kind).toBeGreaterThan(alone[i]!.cpuTime - (kind === 'linux' ? 0 : 1))
  }
})

test.runIf(process.platform === 'linux')('children that come and go between two looks are counted', async () => {
  const { pid, ask } = startWorker()
  await ask('ready')
  const probe = createProcessTreeProbe(pid)
  const before = await probe.sample()
  // Two processes, one after the other, of 200 ms CPU each besides their own start.
  await ask('burnInChild', 200)
  await ask('burnInChild', 200)
  const after = await probe.sample()
  expect(after.processes).toBe(1)
  // Linux counts whole ticks of 10 ms, for each process on its own.
  expect(after.cpuTime - before.cpuTime).toBeGreaterThanOrEqual(350)
})

test.runIf(process.platform === 'linux')('an orphan stays in the tree, and its CPU when it has ended', async () => {
  // The inner shell starts a process and ends when a line comes; the outer one lives on.
  const burner = `${process.execPath} -e "while (process.cpuUsage().user < 300000); console.log('burnt'); setInterval(() => {}, 1000)"`
  const child = spawn(
    'sh',
    ['-c', `sh -c '${burner.replaceAll("'", "'\\''")} & echo $!; read line'; echo left; sleep 60`],
    { detached: true, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  children.push(child)
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  const printed = async (text: string) => {
    while (!output.includes(text)) await once(child.stdout, 'data')
  }
  await printed('burnt')
  const orphan = Number.parseInt(output, 10)
  const probe = createProcessTreeProbe(child.pid as number)
  const first = await probe.sample()
  // The burner, and none of the shells in front of it.
  expect(first.processes).toBe(1)
  child.stdin.write('\n')
  await printed('left')
  // Sleep, and the orphan.
  await expect.poll(() => probe.sample().then(({ processes }) => processes)).toBe(2)
  const second = await probe.sample()
  expect(second.cpuTime).toBeGreaterThanOrEqual(first.cpuTime)
  process.kill(orphan, 'SIGKILL')
  await expect.poll(() => probe.sample().then(({ processes }) => processes)).toBe(1)
  expect((await probe.sample()).cpuTime).toBeGreaterThanOrEqual(second.cpuTime)
})

test('npm and the shells in front of an application are not its own', async () => {
  const folder = project({
    'package.json': '{ "scripts": { "start": "node app.js s3cret" } }',
    'app.js': "const held = Buffer.alloc(50e6, 1); setInterval(() => held, 1000); console.log('pid', process.pid)",
  })
  const child = spawn('sh', ['-c', 'npm start; true'], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  while (!/pid \d+/.test(output)) await once(child.stdout, 'data')
  const pid = Number(/pid (\d+)/.exec(output)![1])
  for (const [kind, create] of kinds) {
    const probe = create(child.pid as number)
    const { pids, leftOut, memory, cpuTime } = await probe.sample()
    expect(pids, kind).toEqual([pid])
    expect(leftOut!.length, kind).toBeGreaterThanOrEqual(2)
    expect(probe.title!(1)).toMatch(new RegExp(`^node app\\.js \\(pid ${pid}\\), without (sh, npm|npm, sh)$`))
    // As the application by itself is.
    const alone = await create(pid).sample()
    expect(memory / alone.memory, kind).toBeCloseTo(1, 0)
    expect(cpuTime - alone.cpuTime, kind).toBeLessThanOrEqual(Math.max(50, stepOf(kind)))
  }
})

test('the client of a daemon is not the application in its container', async () => {
  const docker = join(project({}), 'docker')
  symlinkSync(process.execPath, docker)
  const child = spawn(docker, ['-e', "setInterval(() => {}, 1000); console.log('there')"], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')
  for (const { kind, processes, leftOut, missing } of await samplesOf(probesOf(child.pid as number))) {
    expect({ processes, leftOut }, kind).toEqual({ processes: 0, leftOut: [child.pid] })
    expect(missing).toMatchObject({ memory: expect.stringContaining('docker runs here'), cpu: expect.any(String) })
  }
})

test.runIf(process.platform === 'linux')('a daemon counts from when its supervisor has noted it down', async () => {
  const record = join(project({}), `${RECORD}x`)
  // Parent of the root with the path of a record among its words, as a supervisor has it.
  const parent = spawn('sh', ['-c', 'sleep 60; true', record], { detached: true })
  children.push(parent)
  const childOf = () => readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim()
  await expect.poll(childOf, { timeout: 20_000 }).toMatch(/^\d+$/)
  const { pid, ask } = startWorker()
  await ask('ready')
  await ask('burn', 400)
  const probe = new LinuxProcessTree(Number(childOf()), { isFine: true })
  const before = await probe.sample()
  expect(before.pids).not.toContain(pid)
  writeFileSync(record, `{}\n[${pid},${readProcStat(pid)!.started}]\n`)
  await expect.poll(async () => (await probe.sample()).pids, { timeout: 20_000 }).toContain(pid)
  const found = await probe.sample()
  await ask('burn', 400)
  const after = await probe.sample()
  expect(after.cpuTime - found.cpuTime).toBeGreaterThan(2 * (found.cpuTime - before.cpuTime))
})

test('a process that is not there', async () => {
  const { child, pid, ask } = startWorker()
  await ask('ready')
  const probes = probesOf(pid)
  await samplesOf(probes)
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  for (const { kind, probe } of probes) {
    const error = await probe.sample().catch((error: Error) => error)
    expect(String(error), kind).toBe(
      `ProbeError: Failed to measure pid ${pid}: no such process. ` +
        'Check that the application is still running and that the pid is its own.',
    )
  }
})

test('one helper lists the processes for every look, and another after its end', async () => {
  const helpers = async () => {
    const rows = await readProcessTable()
    return rows.filter(({ ppid, command }) => ppid === process.pid && /^sh\b/.test(command)).map(({ pid }) => pid)
  }
  const [first, ...others] = await helpers()
  expect(others).toEqual([])
  expect(await helpers()).toEqual([first])
  process.kill(first!, 'SIGKILL')
  await expect.poll(() => helpers().catch(() => [first]), { interval: 50 }).not.toContain(first)
})

test.runIf(process.platform === 'linux')(
  'a ps that lists nothing is told, and is not a process that is gone',
  async () => {
    const folder = project({ ps: '#!/bin/sh\necho "ps: unknown option -- w" >&2\nexit 1\n' })
    chmodSync(join(folder, 'ps'), 0o755)
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    const [old] = (await readProcessTable()).filter(({ ppid, command }) => ppid === process.pid && command === 'sh')
    process.kill(old!.pid, 'SIGKILL')
    const sample = () => new PortableProcessTree(process.pid).sample().then(String, String)
    const advice = 'Check that ps runs, or PowerShell on Windows.'
    const expected = `Failed to measure pid ${process.pid}: ps: unknown option -- w. ${advice}`
    await expect.poll(sample, { interval: 50 }).toContain(expected)
  },
)
