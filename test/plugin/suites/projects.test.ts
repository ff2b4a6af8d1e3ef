import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { servePets } from './pets.ts'
import { copySuite, runSuite } from './run-suite.ts'

describe('several projects', () => {
  const run = async (args: string[], env = {}) =>
    runSuite('projects', args, { PETS_API: (await servePets()).url, ...env })

  test('the first one runs the documents, once', async () => {
    const { tree } = await run([])
    expect(tree.match(/a\.arazzo\.yaml/g)).toHaveLength(1)
    expect(tree.match(/plain\.test\.ts/g)).toHaveLength(2)
  })

  test('or the one that is asked for', async () => {
    const { output, tree } = await run(['--project', 'second'], { PROJECT: 'second' })
    expect(tree).toContain('browse\n    ✓ list')
    expect(output).toContain('|second| a.arazzo.yaml')
    expect((await run(['--project', 'first'], { PROJECT: 'second' })).tree).not.toContain('arazzo')
  })

  test('one that does not exist is an error', async () => {
    const { output, exitCode } = await run([], { PROJECT: 'secnd' })
    expect(output).toContain(
      'Failed to give the documents to project "secnd": Vitest has no such project. Did you mean "second"?',
    )
    expect(exitCode).toBe(1)
  })
})

describe('workers', () => {
  async function processes(env: Record<string, string>, args: string[] = []) {
    const folder = await copySuite('isolation')
    const who = join(folder, 'who.txt')
    const { tree } = await runSuite(folder, args, { PETS_API: (await servePets()).url, WHO: who, ...env })
    expect(tree.match(/✓ list/g)).toHaveLength(3)
    const lines = readFileSync(who, 'utf8').trim().split('\n')
    const pids = (pattern: RegExp) => lines.filter(line => pattern.test(line)).map(line => line.split(' ')[0])
    return { documents: pids(/arazzo/), tests: pids(/test/) }
  }

  test('are shared by documents, and not by tests', async () => {
    const { documents, tests } = await processes({}, ['--maxWorkers', '1'])
    expect(documents).toHaveLength(3)
    expect(new Set(documents).size).toBe(1)
    expect(new Set([...tests, ...documents]).size).toBe(4)
  })

  test('are not shared when documents are to be isolated', async () => {
    const { documents } = await processes({ ISOLATE: 'yes' })
    expect(new Set(documents).size).toBe(3)
  })

  test.each(['threads', 'vmThreads', 'vmForks'])('of pool %s run documents as well', async pool => {
    const { documents } = await processes({}, ['--pool', pool])
    expect(documents).toHaveLength(3)
  })
})
