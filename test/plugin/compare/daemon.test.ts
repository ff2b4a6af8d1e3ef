import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { StoredComparison } from '../../../src/compare/stored.ts'
import { arazzo, openapi } from '../../builders/project.ts'
import { repository } from '../../builders/repository.ts'
import { runVitestAgain } from '../server/run-vitest.ts'

/* Head moves its work into a daemon, where it takes twice the CPU time. */

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

const server = { command: 'sh start.sh {dir}', url: 'http://127.0.0.1:{port}/a' }
const compare = { git: 'merge-base', maxDuration: '60s', warmUp: '200ms' }

test.runIf(process.platform === 'linux')(
  'a daemon with twice the CPU fails its budget, and is named although launches are kept',
  { timeout: 240_000 },
  async () => {
    const { top, env, git, commit } = repository({
      '.gitignore': 'node_modules\n.vitest-arazzo\n',
      'app.cjs': inProcess,
      'start.sh': 'exec node app.cjs',
      'api.json': openapi({ a: ['get', '/a'] }),
      'a.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }] }]`),
    })
    git('switch', '--quiet', '--create', 'change')
    commit('The change', {
      ...inDaemon,
      'vitest.config.mjs': `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: [arazzo(${JSON.stringify({ server, compare })})], test: { include: ['*.load.test.js'] } }`,
      'a.load.test.js': `import { loadTest } from 'vitest-arazzo'
for (const name of ['made', 'left out'])
  loadTest(name, {
    workflow: './a.arazzo.yaml#main',
    load: { rps: 50, duration: '1s', warmUp: 0 },
    budgets: { cpuPerRequest: 'base + 20%' },
  })`,
    })
    mkdirSync(join(top, 'node_modules'))
    symlinkSync(join(root, 'node_modules/vitest'), join(top, 'node_modules/vitest'))
    symlinkSync(root, join(top, 'node_modules/vitest-arazzo'))
    const ofGit = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('GIT_')))
    const more = { ...ofGit, CI: '', GITHUB_REF: '', GITHUB_BASE_REF: '' }
    // The second is not run, so that what the first has kept for it ends with the file.
    const { code, stdout, stderr } = await runVitestAgain(top, ['run', '-t', 'made'], more)
    expect([code, stdout + stderr]).toEqual([
      1,
      expect.stringMatching(/BudgetError: cpuPerRequest \+\d.* allowed \+20 %: head is dearer\./),
    ])
    const reports = join(top, '.vitest-arazzo')
    const file = readdirSync(reports)
      .map(name => join(reports, name, 'comparison.json'))
      .find(one => existsSync(one))
    const { comparison } = JSON.parse(readFileSync(file!, 'utf8')) as StoredComparison
    expect(comparison.budgets[0]).toMatchObject({ verdict: 'fail' })
    expect(comparison.budgets[0]!.change!.mean).toBeGreaterThan(0.5)
    const said = /^The application "head" left processes behind, which were ended: node worker.cjs \(pid \d+\)\.$/m
    expect([...comparison.notes.map(note => `${note}.`), stderr].join('\n')).toMatch(said)
  },
)
