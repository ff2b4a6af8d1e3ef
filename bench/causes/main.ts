/**
 * Causes of missed budgets, in small applications (Express, Fastify, Nest, tsx, a bundle, worker threads, a cluster,
 * PostgreSQL, Python, Go): each regression is a pull request, of which a comparison by `vitest run` has to name the
 * cause. A comparison may take three minutes, because a noisy machine needs more than 90 s for a small change. `same`
 * compares a build with itself, and looks for a cause in any case. Bars: no wrong cause, at most two that are not
 * found; of 40 comparisons of the same at most one names a function; a cause takes 30 s. Each run is a line of a file
 * in bench/runs, and a run goes on where its file ends. Takes about two minutes a regression. `probe`: what the probe costs without a
 * look for a cause, by pairs of launches; bars: 1 % of CPU time a request, 2 % with round trips.
 * Run: `npm run bench -- causes <regressions|same|probe> [--rounds N] [--only words]`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { withScript } from '../../plugin/server/address.ts'
import { NodeProbe } from '../../src/measure/node-probe/probe.ts'
import type { Cause } from '../../src/measure/report.ts'
import { startPostgres, without } from '../../test/builders/databases.ts'
import { commit, QUIET, runIn, VITE, write } from '../pull-requests/repository.ts'
import { lastWords, storedComparison } from '../pull-requests/stored.ts'
import { truthOf } from '../pull-requests/truth.ts'
import { root } from '../readme-project.ts'
import { median } from '../target.ts'
import { files, REGRESSIONS, type Regression, withWork } from './regressions.ts'
import { ARAZZO, FRAMEWORKS, type Framework, OPENAPI, SHOP } from './shop.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, only: { type: 'string', default: '' } },
})
const [mode = ''] = positionals
if (mode !== 'regressions' && mode !== 'same' && mode !== 'probe') {
  console.error(`Failed to look for causes: "${mode}" is not regressions, same or probe. Name one of them.`)
  process.exit(2)
}
const rounds = Number(values.rounds ?? { regressions: 1, same: 5, probe: 15 }[mode])

const home = mkdtempSync(join(tmpdir(), 'causes-'))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
const packed = JSON.parse(runIn(root, 'npm', ['pack', '--json', '--pack-destination', home])) as { filename: string }[]
const tarball = join(home, packed[0]!.filename)
const revision = runIn(root, 'git', ['rev-parse', '--short', 'HEAD']).trim()
const file = join(root, 'bench/runs', `causes-${mode}.jsonl`)

interface Line {
  at: string
  revision: string
  cpu: string
  name: string
  outcome: 'right' | 'not found' | 'WRONG'
  cause?: Cause
  why?: string
  /** Seconds of the whole run. */
  seconds: number
}

const configOf = ({ command, build, cause }: Framework) => `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

export default defineConfig({
  test: { include: ['load/*.test.js'] },
  plugins: [arazzo({
    server: { command: ${JSON.stringify(command)}, url: 'http://127.0.0.1:{port}/health' },
    compare: { git: 'main', setup: ${JSON.stringify(['npm ci --prefer-offline --no-audit --no-fund', build].filter(Boolean).join(' && '))}, maxDuration: '180s' },
    cause: ${cause ? JSON.stringify(cause) : mode === 'same' ? 'true' : "'auto'"},
  })],
})
`

const loadTestOf = (budgets: Record<string, string>) => `import { loadTest } from 'vitest-arazzo'

loadTest('buy', {
  workflow: '../shop.arazzo.yaml#buy',
  load: { vus: 2, duration: '5s' },
  budgets: ${JSON.stringify(budgets)},
})
`

/** A repository of a framework, made once. */
function repositoryOf(name: string, framework: Framework): string {
  const folder = join(home, name)
  if (existsSync(folder)) return folder
  mkdirSync(folder)
  const manifest = {
    ...{ name: 'shop', private: true, type: 'module', dependencies: framework.dependencies },
    // Later versions have an optional dependency that no registry has, and npm ci refuses the lock file.
    overrides: { vite: VITE },
    devDependencies: { vitest: '4.1', 'vitest-arazzo': `file:${tarball}` },
  }
  write(folder, {
    ...framework.files,
    ...files,
    [framework.shop]: framework.text ?? SHOP,
    'src/places.js': placesText,
    'package.json': JSON.stringify(manifest, undefined, 2),
    '.gitignore': 'node_modules\ndist\n/server\n__pycache__\n.vitest-arazzo\n',
    'shop.openapi.yaml': OPENAPI,
    'shop.arazzo.yaml': ARAZZO,
    'vitest.config.js': configOf(framework),
    'load/buy.test.js': loadTestOf({ cpuPerRequest: 'base + 3%' }),
  })
  runIn(folder, 'npm', ['install', '--no-audit', '--no-fund'])
  runIn(folder, 'git', ['init', '-q', '-b', 'main'])
  commit(folder, 'Shop')
  return folder
}

/** The service and the database that applications call. */
const STOCK = `const server = require('node:http').createServer((_, response) => setTimeout(() => response.end('7'), 3))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
const stock = spawn(process.execPath, ['-e', STOCK], { stdio: ['ignore', 'pipe', 'inherit'] })
process.once('exit', () => stock.kill('SIGKILL'))
const [stockPort] = (await once(stock.stdout, 'data')) as [Buffer]
const databases = mkdtempSync(join(tmpdir(), 'causes-postgres-'))
process.once('exit', () => rmSync(databases, { recursive: true, force: true }))
const database = without.postgres === undefined ? await startPostgres(databases) : undefined
const placesText = `export const POSTGRES = ${database?.port ?? 0}\nexport const STOCK = ${Number(stockPort)}\n`

const PROBE_ROUNDS = 400
const costs = new Map<string, number>()

/** Share by which a round of work raises the CPU time of a request, as the truth tells it. */
async function costOfRound(name: string, framework: Framework): Promise<number> {
  const known = costs.get(name)
  if (known !== undefined) return known
  const folder = repositoryOf(name, framework)
  const built = async (side: string, shop: string) => {
    const copy = join(home, `${name}-${side}`)
    rmSync(copy, { recursive: true, force: true })
    runIn(home, 'cp', ['-r', folder, copy])
    writeFileSync(join(copy, framework.shop), shop)
    if (framework.build !== undefined) runIn(copy, 'sh', ['-c', framework.build])
    return copy
  }
  const [base, head] = [await built('base', SHOP), await built('head', withWork(PROBE_ROUNDS))]
  const { change } = await truthOf(base, head, 3, { command: framework.command, requests: 4, ask: buy })
  const cost = Math.max(1e-4, change / PROBE_ROUNDS)
  costs.set(name, cost)
  return cost
}

async function buy(exchange: (path: string, body?: string) => Promise<string>): Promise<void> {
  for (const path of ['/items', '/items/7', '/search']) await exchange(path)
  const lines = [
    { id: 3, count: 2 },
    { id: 7, count: 1 },
  ]
  await exchange('/orders', JSON.stringify({ lines }))
}

/** What a cause names: a function, a kind, or `waits`; undefined if it names nothing. */
function namedBy(cause: Cause): string | undefined {
  if (cause.kind === 'not found') return cause.reason.endsWith('the application waits') ? 'waits' : undefined
  if (cause.kind === 'function') return cause.function.name
  // It is not certain.
  if (cause.kind === 'spread' && cause.functions === 1) return undefined
  return cause.kind === 'growth' ? cause.functions[0]!.function.name : cause.kind
}

function judged(regression: Pick<Regression, 'names'> | undefined, folder: string, output: string) {
  const causes = storedComparison(folder)?.budgets.flatMap(({ cause }) => cause ?? []) ?? []
  const [cause] = causes
  if (regression === undefined) {
    const isNamed = causes.some(({ kind }) => kind === 'function')
    return { outcome: isNamed ? 'WRONG' : 'right', ...(cause && { cause }) } as const
  }
  if (cause === undefined) return { outcome: 'not found', why: lastWords(output) } as const
  const named = namedBy(cause)
  if (named === undefined) return { outcome: 'not found', cause } as const
  return { outcome: regression.names.includes(named) ? 'right' : 'WRONG', cause } as const
}

async function run(name: string, framework: Framework, frameworkName: string, regression?: Regression): Promise<Line> {
  const folder = repositoryOf(frameworkName, framework)
  runIn(folder, 'git', ['checkout', '-q', '-f', 'main'])
  runIn(folder, 'git', ['checkout', '-q', '-B', 'head'])
  if (regression === undefined) write(folder, { 'README.md': '# Shop\n' })
  else {
    // The truth reads the CPU time of one process.
    const priced = frameworkName === 'cluster' ? 'fastify' : frameworkName
    const isPriced = regression.head.length > 0
    const cost = isPriced ? await costOfRound(priced, FRAMEWORKS[priced as keyof typeof FRAMEWORKS]) : Number.NaN
    write(folder, { [framework.shop]: regression.head(share => share / cost), ...regression.files })
    write(folder, { 'load/buy.test.js': loadTestOf(regression.budget) })
  }
  commit(folder, name)
  if (framework.build !== undefined) runIn(folder, 'sh', ['-c', framework.build])
  rmSync(join(folder, '.vitest-arazzo'), { recursive: true, force: true })
  const began = performance.now()
  const { stdout, stderr } = spawnSync('npx', ['vitest', 'run'], { cwd: folder, encoding: 'utf8', env: QUIET })
  const seconds = (performance.now() - began) / 1_000
  return {
    at: new Date().toISOString(),
    ...{ revision, cpu: cpus()[0]!.model, name },
    ...judged(regression, folder, stdout + stderr),
    seconds,
  }
}

const linesOf = (): Line[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as Line)
        .filter(line => line.revision === revision)
    : []

function wordsOf({ name, outcome, cause, why = '', seconds }: Line): string {
  const found = cause === undefined ? why : JSON.stringify(cause)
  return `${name}: ${outcome}, ${seconds.toFixed(0)} s  ${found}`
}

/** Why a framework is skipped; undefined if it is not. */
const whyNot = ({ needs }: Framework) =>
  needs === undefined || spawnSync('sh', ['-c', `command -v ${needs}`]).status === 0
    ? undefined
    : `${needs} is not installed`

/** Share of CPU time a request that the probe adds, as its process is asked twice a second. */
async function costOfProbe(name: 'fastify' | 'outside'): Promise<number> {
  const folder = repositoryOf(name, FRAMEWORKS[name])
  const sockets = mkdtempSync(join(tmpdir(), 'p-'))
  const probe = new NodeProbe(sockets)
  const asking = setInterval(() => void probe.read(), 500)
  try {
    const ofHead = withScript({}, 'node-probe.js', sockets)
    const work = { command: FRAMEWORKS[name].command, requests: 4, ask: buy, ofHead }
    return (await truthOf(folder, folder, rounds, work)).change
  } finally {
    clearInterval(asking)
    probe.close()
    rmSync(sockets, { recursive: true, force: true })
  }
}

async function probeBars(): Promise<boolean> {
  const bars = { fastify: 0.01, outside: 0.02 } as const
  let areMet = true
  for (const name of ['fastify', 'outside'] as const) {
    if (name === 'outside' && database === undefined) continue
    const cost = await costOfProbe(name)
    const isMet = cost <= bars[name]
    areMet &&= isMet
    const what = name === 'outside' ? 'with round trips' : 'without round trips'
    console.log(
      `The probe, ${what}: ${(100 * cost).toFixed(1)} % of CPU time a request (median of ${rounds} pairs, bar: ` +
        `${100 * bars[name]} %): ${isMet ? 'met' : 'not met'}`,
    )
  }
  return areMet
}

if (mode === 'probe') {
  const areMet = await probeBars()
  await database?.[Symbol.asyncDispose]()
  process.exit(areMet ? 0 : 1)
}

mkdirSync(dirname(file), { recursive: true })
const cases =
  mode === 'same'
    ? Object.entries(FRAMEWORKS).map(([name]) => [`same, ${name}`, name, undefined] as const)
    : Object.entries(REGRESSIONS).map(([name, one]) => [name, one.framework, one] as const)
for (const [name, frameworkName, regression] of cases.filter(([name]) => name.includes(values.only))) {
  const framework: Framework = FRAMEWORKS[frameworkName as keyof typeof FRAMEWORKS]
  const missing = frameworkName === 'outside' ? without.postgres : whyNot(framework)
  if (missing !== undefined) {
    console.log(`${name}: skipped, ${missing}`)
    continue
  }
  const done = linesOf().filter(line => line.name === name).length
  for (let round = done; round < rounds; round++) {
    const line = await run(name, framework, frameworkName, regression)
    appendFileSync(file, `${JSON.stringify(line)}\n`)
    console.log(wordsOf(line))
  }
}

const all = linesOf()
const countOf = (outcome: Line['outcome']) => all.filter(line => line.outcome === outcome).length
let isMet = all.length > 0
function bar(what: string, holds: boolean): void {
  console.log(`${what}: ${holds ? 'met' : 'not met'}`)
  isMet &&= holds
}
if (mode === 'same')
  bar(`${countOf('WRONG')} of ${all.length} name a function (bar: 1 of 40)`, countOf('WRONG') <= all.length / 40)
else {
  bar(`${countOf('WRONG')} of ${all.length} causes are wrong (bar: 0)`, countOf('WRONG') === 0)
  const most = (2 / 24) * all.length
  bar(`${countOf('not found')} of ${all.length} are not found (bar: 2 of 24)`, countOf('not found') <= most)
}
console.log(`A run takes ${median(all.map(({ seconds }) => seconds)).toFixed(0)} s (median)`)
await database?.[Symbol.asyncDispose]()
process.exit(isMet ? 0 : 1)
