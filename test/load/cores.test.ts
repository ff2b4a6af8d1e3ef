import { beforeEach, describe, expect, test } from 'vitest'
import { cpuQuota, usableCores } from '../../src/load/plan/cores.ts'
import { isWindows } from '../builders/system.ts'

beforeEach(({ skip }) => skip(isWindows, 'there are no control groups'))

/** A system of which these files can be read. */
const system = (files: Record<string, string>) => (path: string) => files[path]

const version2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate'
const version1 = [
  '31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
  '32 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct',
].join('\n')

describe('the CPU quota', () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ['of a system that has no control groups', {}, undefined],
    [
      'of version 2, within a container',
      { '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': version2, '/sys/fs/cgroup/cpu.max': '150000 100000\n' },
      1.5,
    ],
    [
      'of version 2, the least of the group and those above it',
      {
        '/proc/self/cgroup': '0::/user.slice/run.scope\n',
        '/proc/self/mountinfo': version2,
        '/sys/fs/cgroup/user.slice/cpu.max': '200000 100000\n',
        '/sys/fs/cgroup/user.slice/run.scope/cpu.max': '400000 100000\n',
      },
      2,
    ],
    [
      'of version 2, without a limit',
      { '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': version2, '/sys/fs/cgroup/cpu.max': 'max 100000\n' },
      undefined,
    ],
    [
      'of version 1',
      {
        '/proc/self/cgroup': '5:memory:/ci\n4:cpu,cpuacct:/ci\n0::/\n',
        '/proc/self/mountinfo': version1,
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_quota_us': '300000\n',
        '/sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_period_us': '100000\n',
      },
      3,
    ],
    [
      'of version 1, where a container sees its own group mounted but its path from outside',
      {
        '/proc/self/cgroup': '4:cpu,cpuacct:/docker/abc\n',
        '/proc/self/mountinfo': version1.replaceAll(' / ', ' /docker/abc '),
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      },
      0.5,
    ],
  ])('%s', (_, files, quota) => {
    expect(cpuQuota(system(files))).toBe(quota)
  })

  test('of this system can be read', () => {
    expect(cpuQuota() ?? 1).toBeGreaterThan(0)
    expect(usableCores()).toBeGreaterThanOrEqual(1)
  })
})

test('cores are whole, at least one, and no more than there are', () => {
  const quota = (cores: number) =>
    system({
      '/proc/self/cgroup': '0::/',
      '/proc/self/mountinfo': version2,
      '/sys/fs/cgroup/cpu.max': `${cores * 100_000} 100000`,
    })
  expect(usableCores(8, quota(2.9))).toBe(2)
  expect(usableCores(8, quota(0.5))).toBe(1)
  expect(usableCores(2, quota(16))).toBe(2)
  expect(usableCores(4, system({}))).toBe(4)
})
