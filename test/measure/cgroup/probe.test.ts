import { spawn } from 'node:child_process'
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { CgroupProbe } from '../../../src/measure/cgroup-probe.ts'
import { freshFolder } from '../../builders/folder.ts'

const id = 'f3a9'.repeat(16)

/** Folders with files as the kernel shows them. */
function groups(files: Record<string, string>): string {
  const root = freshFolder('cgroup')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const unified = (folder: string) => ({
  [`${folder}/cgroup.procs`]: '11\n12\n13\n',
  [`${folder}/memory.current`]: '300000000\n',
  [`${folder}/memory.stat`]: 'anon 200000000\nfile 100000000\ninactive_file 60000000\n',
  [`${folder}/cpu.stat`]: 'usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n',
})

test('version 2: memory without what the kernel could drop, CPU, processes', async () => {
  const probe = new CgroupProbe('/system.slice/api.service', groups(unified('system.slice/api.service')))
  expect(probe.subject).toBe('cgroup /system.slice/api.service')
  expect(await probe.sample()).toMatchObject({ memory: 240_000_000, cpuTime: 2_500, pids: [11, 12, 13] })
})

test.each([
  ['docker with systemd', `system.slice/docker-${id}.scope`],
  ['docker with cgroupfs', `docker/${id}`],
  [
    'containerd in Kubernetes',
    `kubepods.slice/kubepods-burstable.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`,
  ],
])('version 2: a container by its id, %s', async (_, folder) => {
  const root = groups({ ...unified(folder), ...unified('system.slice/other.service') })
  expect(await new CgroupProbe(id, root).sample()).toMatchObject({ memory: 240_000_000 })
  expect(new CgroupProbe(id.slice(0, 12), root).subject).toBe('cgroup f3a9f3a9f3a9')
})

test('version 1: memory and CPU lie in trees of their own', async () => {
  const root = groups({
    [`memory/docker/${id}/memory.usage_in_bytes`]: '300000000\n',
    [`memory/docker/${id}/memory.stat`]: 'total_inactive_file 60000000\n',
    [`memory/docker/${id}/cgroup.procs`]: '11\n',
    [`cpuacct/docker/${id}/cpuacct.usage`]: '2500000000\n',
  })
  expect(await new CgroupProbe(id, root).sample()).toMatchObject({ memory: 240_000_000, cpuTime: 2_500, pids: [11] })
})

test('a container that was started again under its name shows in a counter that begins anew', async () => {
  const root = groups({ ...unified('a'), 'a/cgroup.procs': `0\n${process.pid}\n` })
  const probe = new CgroupProbe('/a', root)
  expect(await probe.sample()).toEqual({ memory: 240_000_000, cpuTime: 2_500, processes: 2 })
  writeFileSync(join(root, 'a/cpu.stat'), 'usage_usec 1000000\n')
  expect(await probe.sample()).toMatchObject({ cpuTime: 2_500, restarted: 'its CPU time began anew' })
  writeFileSync(join(root, 'a/cpu.stat'), 'usage_usec 1200000\n')
  writeFileSync(join(root, 'a/cgroup.procs'), `${process.pid}\n${process.ppid}\n`)
  const reading = await probe.sample()
  expect(reading).toMatchObject({ cpuTime: 2_700, pids: [process.pid, process.ppid], roots: [process.ppid] })
  expect(reading.restarted).toBeUndefined()
})

test('one that is not there says so', () => {
  const root = groups(unified('a'))
  expect(() => new CgroupProbe('/b', root)).toThrow(
    `Failed to measure cgroup /b: there is no "/b" below ${root}. Give its path below that folder, or the id that \`docker ps --no-trunc\` shows.`,
  )
})

const created = createGroups()

describe.skipIf(created === undefined)(
  `a group of the kernel${created === undefined ? ': no group can be made here' : ''}`,
  () => {
    let stop = () => {}
    afterEach(() => stop())

    test('sees the process that is in it', async () => {
      const burner = spawn(process.execPath, ['-e', 'const held = Buffer.alloc(80e6, 1); for (;;) held[0]++'])
      const ended = new Promise(resolve => burner.once('exit', resolve))
      for (const folder of created!) writeFileSync(join(folder, 'cgroup.procs'), String(burner.pid))
      stop = () => burner.kill('SIGKILL')
      const probe = new CgroupProbe('/vitest-arazzo-test')
      const first = await probe.sample()
      await expect.poll(async () => (await probe.sample()).memory, { timeout: 60_000 }).toBeGreaterThan(80e6)
      await expect
        .poll(async () => (await probe.sample()).cpuTime - first.cpuTime, { timeout: 60_000 })
        .toBeGreaterThan(300)
      expect((await probe.sample()).processes).toBe(1)
      burner.kill('SIGKILL')
      await ended
      for (const folder of created!) await expect.poll(() => removed(folder)).toBe(true)
    })
  },
)

function createGroups(): string[] | undefined {
  const trees = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/cpuacct']
  try {
    return trees.map(tree => {
      const folder = join(tree, 'vitest-arazzo-test')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'notify_on_release'), '0')
      return folder
    })
  } catch {
    return undefined
  }
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}
