import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cases } from '../../builders/thorough.ts'
import { servePets } from './pets.ts'
import { copySuite, runSuite } from './run-suite.ts'

describe('workers', () => {
  async function processes(args: string[]) {
    const folder = await copySuite('isolation')
    const who = join(folder, 'who.txt')
    const { tree } = await runSuite(folder, args, { PETS_API: (await servePets()).url, WHO: who })
    expect(tree.match(/✓ list/g)).toHaveLength(3)
    const lines = readFileSync(who, 'utf8').trim().split('\n')
    const pids = (pattern: RegExp) => lines.filter(line => pattern.test(line)).map(line => line.split(' ')[0])
    return { documents: pids(/arazzo/), tests: pids(/test/) }
  }

  test('are shared by documents, and not by tests', async () => {
    const { documents, tests } = await processes(['--isolate', '--pool', 'forks', '--maxWorkers', '1'])
    expect(documents).toHaveLength(3)
    expect(new Set(documents).size).toBe(1)
    expect(new Set([...tests, ...documents]).size).toBe(4)
  })

  test.each(cases(['vmThreads'], ['threads', 'vmForks']))('of pool %s run documents as well', async pool => {
    const { documents } = await processes(['arazzo', '--isolate', '--pool', pool])
    expect(documents).toHaveLength(3)
  })
})
