import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import type { StoredComparison } from '../../../src/compare/comparison.ts'
import { arazzo, openapi } from '../../builders/project.ts'
import { repository } from '../../builders/repository.ts'
import { thoroughly } from '../../builders/thorough.ts'
import { runVitestAgain } from '../server/run-vitest.ts'

vi.setConfig({ testTimeout: 240_000 })

/* Load tests of one file leave launches to each other. */

const root = fileURLToPath(new URL('../../../', import.meta.url))

const work = (rounds: number) => `
const { createHash } = require('node:crypto')
const block = Buffer.alloc(1024, 'x')
const work = () => { for (let round = 0; round < ${rounds}; round++) createHash('sha256').update(block).digest() }`

const inProcess = `${work(1000)}
require('node:http').createServer((_, response) => {
  work()
  response.end('{}')
}).listen(process.env.PORT, '127.0.0.1')`

const inDaemon = {
  'worker.cjs': `${work(2000)}
require('node:http').createServer((_, response) => {
  work()
  response.end('{}')
}).listen(process.argv[2])`,
  'app.cjs': `const http = require('node:http')
const agent = new http.Agent({ keepAlive: true })
http.createServer((_, response) => {
  const request = http.get({ socketPath: process.argv[2], agent }, worked => worked.pipe(response))
  request.on('error', () => response.writeHead(503).end())
}).listen(process.env.PORT, '127.0.0.1')`,
  'start.sh': 'setsid -f node worker.cjs $1/it.sock > /dev/null 2>&1; exec node app.cjs $1/it.sock',
}

const server = { command: 'sh start.sh {dir}', url: 'http://127.0.0.1:{port}/health' }
const compare = { git: 'merge-base', maxDuration: '60s', warmUp: '200ms' }

/** A repository whose branch is to be compared with its first commit. */
function changed(base: Record<string, string>, head: Record<string, string>) {
  const { top, env, git, commit } = repository({ '.gitignore': 'node_modules\n.vitest-arazzo\n', ...base })
  git('switch', '--quiet', '--create', 'change')
  commit('The change', {
    ...head,
    'vitest.config.mjs': `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: [arazzo(${JSON.stringify({ server, compare })})], test: { include: ['*.load.test.js'] } }`,
  })
  mkdirSync(join(top, 'node_modules'))
  symlinkSync(join(root, 'node_modules/vitest'), join(top, 'node_modules/vitest'))
  symlinkSync(root, join(top, 'node_modules/vitest-arazzo'))
  const ofGit = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('GIT_')))
  const more = { ...ofGit, CI: '', GITHUB_REF: '', GITHUB_BASE_REF: '' }
  const comparisons = () => {
    const reports = join(top, '.vitest-arazzo')
    const files = readdirSync(reports).map(name => join(reports, name, 'comparison.json'))
    return files
      .filter(file => existsSync(file))
      .map(file => JSON.parse(readFileSync(file, 'utf8')) as StoredComparison)
  }
  return { run: (...args: string[]) => runVitestAgain(top, ['run', ...args], more), comparisons }
}

thoroughly.runIf(process.platform === 'linux')(
  'a daemon with twice the CPU fails its budget, and is named although launches are kept',
  async () => {
    const base = {
      'app.cjs': inProcess,
      'start.sh': 'exec node app.cjs',
      'api.json': openapi({ a: ['get', '/a'] }),
      'a.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }] }]`),
    }
    const { run, comparisons } = changed(base, {
      ...inDaemon,
      'a.load.test.js': `import { loadTest } from 'vitest-arazzo'
for (const name of ['made', 'left out'])
  loadTest(name, {
    workflow: './a.arazzo.yaml#main',
    load: { rps: 50, duration: '1s', warmUp: 0 },
    budgets: { cpuPerRequest: 'base + 20%' },
  })`,
    })
    // The second is not run, so that what the first has kept for it ends with the file.
    const { code, stdout, stderr } = await run('-t', 'made')
    expect([code, stdout + stderr]).toEqual([
      1,
      expect.stringMatching(/BudgetError: cpuPerRequest \+\d.* allowed \+20 %: head uses more CPU time\./),
    ])
    const { comparison } = comparisons()[0]!
    expect(comparison.budgets[0]).toMatchObject({ verdict: 'fail' })
    expect(comparison.budgets[0]!.change!.mean).toBeGreaterThan(0.5)
    const said = /^The application "head" left processes behind, which were ended: node worker.cjs \(pid \d+\)\.$/m
    expect([...comparison.notes.map(note => `${note}.`), stderr].join('\n')).toMatch(said)
  },
)

/** It serves the first path that it is asked for, and refuses others: what one load test leaves is in the way of the next. */
const possessive = `let first
require('node:http').createServer(({ url }, response) => {
  if (url !== '/health') first ??= url
  response.writeHead(url === '/health' || url === first ? 200 : 409).end('{}')
}).listen(process.env.PORT, '127.0.0.1')`

const stepAt = (id: string) => `
  - workflowId: ${id}
    steps: [{ stepId: ${id}, operationId: ${id}, successCriteria: [{ condition: $statusCode == 200 }] }]`

test('what a load test leaves behind is in the way of no other', async () => {
  const base = {
    'app.cjs': possessive,
    'start.sh': 'exec node app.cjs',
    'api.json': openapi({ a: ['get', '/a'], b: ['get', '/b'] }),
    'a.arazzo.yaml': arazzo(stepAt('a') + stepAt('b')),
  }
  const { run, comparisons } = changed(base, {
    'a.load.test.js': `import { loadTest } from 'vitest-arazzo'
for (const name of ['a', 'b'])
  loadTest(name, {
    workflow: './a.arazzo.yaml#' + name,
    load: { vus: 1, duration: '1s', warmUp: 0 },
    budgets: { errorRate: 'base + 2%' },
  })`,
  })
  // Not the functional tests of the document: they share one application, which is possessive as well.
  const { code, stdout, stderr } = await run('a.load')
  expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(/Tests +2 passed/)])
  const found = comparisons()
  expect(found).toHaveLength(2)
  for (const { comparison } of found)
    expect(comparison.steps).toMatchObject([
      { statuses: { base: { 200: expect.any(Number) }, head: { 200: expect.any(Number) } } },
    ])
  expect(JSON.stringify(found.map(({ comparison }) => comparison.steps))).not.toContain('"409"')
})
