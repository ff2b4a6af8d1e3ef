import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { idleOf, parseAllowed, sparedByCores } from '../../src/measure/proc-stat.ts'

test.each([
  ['0-1', [0, 1]],
  ['3', [3]],
  ['0-2,5,8-9', [0, 1, 2, 5, 8, 9]],
])('Cpus_allowed_list: %s', (list, cores) => {
  expect(parseAllowed(`Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`)).toEqual(cores)
})

test('no such line: not known', () => {
  expect(parseAllowed('Name:\tnode\n')).toBeUndefined()
})

test('only the cores that may be used count', () => {
  const cores = [
    { idle: 60, stolen: 0, total: 100 },
    { cpu: 0, idle: 10, stolen: 0, total: 50 },
    { cpu: 1, idle: 20, stolen: 0, total: 50 },
    { cpu: 4, idle: 30, stolen: 0, total: 50 },
  ]
  expect(idleOf(cores, [0, 4])).toBe(40)
})

test.runIf(process.platform === 'linux')('it only grows', async () => {
  const before = sparedByCores()!
  await setTimeout(50)
  expect(sparedByCores()!).toBeGreaterThanOrEqual(before)
})
