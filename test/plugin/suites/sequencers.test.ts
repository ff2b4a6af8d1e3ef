import { describe, expect, test } from 'vitest'
import { serve } from '../../builders/server.ts'
import { amount, cases } from '../../builders/thorough.ts'
import { api, askAgain, asking, config, passing, runAsking } from './asking.ts'
import { startNode, writeSuite } from './run-suite.ts'

/** Each starts Vitest anew, which takes as long as the machine lets it. */
const unhurried = { timeout: 120_000 }

const names = ['a', 'b', 'c', 'd']
const documents = Object.fromEntries(names.map(name => [`${name}.arazzo.yaml`, asking(name)]))
const suite = { 'api.json': api, ...documents }
const files = { ...suite, 'x.test.ts': passing, 'y.test.ts': passing }
const plugins = 'plugins: [arazzo({ servers })],'

/** Runs Vitest once for each seed, in one process, and tells what became of each file. */
const manySeeds = `
import { startVitest } from 'vitest/node'


const origin = process.env.API
for (let seed = 1; seed <= Number(process.env.SEEDS); seed++) {
  process.env.API = origin + '/' + seed
  const vitest = await startVitest('test', [], { watch: false, reporters: [], sequence: { shuffle: true, seed } })
  const faults = vitest.state.getUnhandledErrors().map(error => error.message)
  for (const module of vitest.state.getTestModules())
    if (!module.ok()) faults.push(...module.errors().map(error => module.moduleId + ': ' + error.message))
  console.log(JSON.stringify({ seed, modules: vitest.state.getTestModules().length, faults }))
  await vitest.close()
}
process.exit(0)
`

const SEEDS = amount(2, 5)

test(`shuffled by any of ${SEEDS} seeds, each document runs, and runs once`, unhurried, async () => {
  const { origin, seen } = await serve(() => ({ body: {} }))
  const folder = await writeSuite({
    ...files,
    'vitest.config.ts': config("{ pool: 'threads' }", plugins),
    'many-seeds.js': manySeeds,
  })
  const { child, output } = startNode(folder, ['many-seeds.js'], { API: origin, SEEDS: String(SEEDS) })
  await new Promise(done => child.on('close', done))
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1)
  const lines = output()
    .split('\n')
    .filter(line => line.startsWith('{"seed"'))
  expect(lines).toEqual(seeds.map(seed => JSON.stringify({ seed, modules: 6, faults: [] })))
  expect(seen.map(({ url }) => url).sort()).toEqual(seeds.flatMap(seed => names.map(name => `/${seed}/${name}`)).sort())
})

describe('a sequencer of the user', unhurried, () => {
  const isLeft = '!/d.arazzo/.test(file.moduleId)'
  const sequencers: (readonly [name: string, sort: string])[] = [
    [
      'that gives a list of its own, and leaves files out',
      `sort(files) { return [...files].reverse().filter(file => ${isLeft}) }`,
    ],
    [
      'that sorts in place, and takes files off the list that it was given',
      `sort(files) {
        files.splice(0, 9, ...files.filter(file => ${isLeft}))
        return files.sort((a, b) => (a.moduleId < b.moduleId ? 1 : -1))
      }`,
    ],
  ]
  test.each(sequencers)('%s', async (_, sort) => {
    const { asked, output, exitCode } = await runAsking({
      ...files,
      'sequencer.js': `export default class { shard(files) { return files } ${sort} }`,
      'vitest.config.ts': `import sequencer from './sequencer.js'\n${config('{ sequence: { sequencer } }', plugins)}`,
    })
    expect(output).not.toContain('No test suite found')
    expect(asked).toEqual(names.slice(0, -1))
    expect(exitCode).toBe(0)
  })
})

test('files with loads come last, whatever their names', unhurried, async () => {
  const load = '{ vus: 1, iterations: 2 }'
  const { output, exitCode } = await runAsking(
    {
      'api.json': api,
      'a.arazzo.yaml': `${asking('a')}    x-load-test: { ${load.slice(2, -2)} }\n`,
      'b.arazzo.yaml': asking('b'),
      'a.load.test.js': `import { loadTest } from 'vitest-arazzo'
loadTest('b', { workflow: './b.arazzo.yaml', load: ${load} })
`,
      'z.test.js': passing,
      'vitest.config.js': config('{ maxWorkers: 1 }', plugins),
    },
    ['--sequence.shuffle.files=false'],
  )
  expect(exitCode, output).toBe(0)
  const order = [...output.matchAll(/^ ✓ (\S+)/gm)].map(([, file]) => file)
  expect(order).toEqual(['z.test.js', 'b.arazzo.yaml', 'a.load.test.js', 'a.arazzo.yaml'])
})

test('of tests in one worker, with documents beside them, each runs once', unhurried, async () => {
  const { asked, tree, exitCode } = await runAsking(
    { ...files, 'vitest.config.ts': config('{ sequence: { groupOrder: 1 } }', plugins) },
    ['--maxWorkers', '1', '--sequence.shuffle'],
  )
  expect(asked).toEqual(names)
  expect(tree.match(/✓ passes/g)).toHaveLength(2)
  expect(exitCode).toBe(0)
})

describe('shards', unhurried, () => {
  /** Three projects of one folder: their documents have one path, by which shards are made. */
  const project = (name: string, delay: string) =>
    `{ plugins: [arazzo({ servers: servers + '/${name}' }), ${delay}], test: { name: '${name}' } }`

  test.each(cases([2], [3]))('of %i, all together run each document of each project once', async count => {
    const late = `process.env.LATE === 'yes' && {
      name: 'late',
      configureVitest({ project }) {
        const glob = project.globTestFiles
        project.globTestFiles = async (...args) => {
          await new Promise(done => setTimeout(done, 500))
          return glob.apply(project, args)
        }
      },
    }`
    const folder = await writeSuite({
      ...suite,
      'vitest.config.ts': config(
        `{ projects: [${project('one', late)}, ${project('two', 'false')}, ${project('three', 'false')}] }`,
      ),
    })
    const asked: string[] = []
    for (let shard = 1; shard <= count; shard++) {
      const run = await askAgain(folder, ['--shard', `${shard}/${count}`], shard === 1 ? { LATE: 'yes' } : {})
      expect(run.exitCode).toBe(0)
      asked.push(...run.asked)
    }
    const all = ['one', 'two', 'three'].flatMap(project => names.map(name => `${project}/${name}`))
    expect(asked.sort()).toEqual(all.sort())
  })
})
