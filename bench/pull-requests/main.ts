/**
 * Comparisons of a pull request's head with its base, in a repository made for it (Fastify, TypeScript, SQLite as a
 * native module), as `vitest run` makes them. `table`: each change with its right verdict; bars: none wrong, undecided
 * at most 10 %, next to a burner 25 %, the changed step first in 19 of 20, the median of one comparison 60 s. `truth`:
 * the cost of each change by another program (requests 3,000 to 20,000 of a launch, /proc), by so many pairs of launches
 * as there are rounds. `equal`: the same code again and again, set up by `npm ci` or by a copy of the packages; bars: the
 * mean of the change of cpuPerRequest within 0.4 %, neither sign favoured. `six`: six load tests in one file; bars:
 * right, and 240 s. Each comparison is a line of a file in bench/runs, and a run goes on where its file ends. Takes
 * about a minute a comparison, or a cost.
 * Run: `npm run bench -- pull-requests <table|truth|equal|six> [--burner] [--copy] [--rounds N] [--only words]`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { COMES_AND_GOES } from '../comes-and-goes.ts'
import { root } from '../readme-project.ts'
import { median } from '../target.ts'
import { type Change, changesOf, withWork } from './changes.ts'
import { branch, build, createRepository, QUIET, runIn } from './repository.ts'
import { lastWords, storedComparison } from './stored.ts'
import { truthOf } from './truth.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    burner: { type: 'boolean', default: false },
    copy: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const [mode = ''] = positionals
if (mode !== 'table' && mode !== 'truth' && mode !== 'equal' && mode !== 'six') {
  console.error(`Failed to compare: "${mode}" is none of table, truth, equal and six. Name one of them.`)
  process.exit(2)
}
const rounds = Number(values.rounds ?? { table: 3, truth: 7, equal: 20, six: 3 }[mode])

const home = mkdtempSync(join(tmpdir(), 'pull-requests-'))
const shop = join(home, 'shop')
let burner: ChildProcess | undefined
process.once('exit', () => {
  burner?.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

const packed = JSON.parse(runIn(root, 'npm', ['pack', '--json', '--pack-destination', home])) as { filename: string }[]
mkdirSync(shop)
createRepository(shop, join(home, packed[0]!.filename))
build(shop)

/** How much a change costs in truth: its build against that of its base, each in a copy of the folder. */
async function costOf({ base = {}, head }: Pick<Change, 'base' | 'head'>, pairs: number) {
  const folders = ['base', 'head'].map(side => join(home, `truth-${side}`)) as [string, string]
  branch(shop, 'truth', base, head)
  for (const [folder, at] of [
    [folders[0], 'head~1'],
    [folders[1], 'head'],
  ] as const) {
    rmSync(folder, { recursive: true, force: true })
    runIn(shop, 'git', ['checkout', '-q', '-f', at])
    cpSync(shop, folder, { recursive: true, verbatimSymlinks: true })
    build(folder)
  }
  return truthOf(...folders, pairs)
}

const PROBE_ROUNDS = 600
const probe =
  mode === 'table' || mode === 'truth' ? await costOf({ head: withWork(PROBE_ROUNDS) }, 5) : { base: 0, change: 1 }
const changes = changesOf(share => (share * PROBE_ROUNDS) / probe.change)

type Outcome = 'right' | 'undecided' | 'WRONG'

/** One comparison, as a line of the file. */
interface Line {
  at: string
  revision: string
  cpu: string
  change: string
  outcome: Outcome
  /** Why it is not right. */
  why?: string
  /** Change of cpuPerRequest that the comparison found. */
  found?: number
  pairs?: number
  /** The step whose CPU time changed most. */
  first?: string
  seconds: number
  /** Seconds in which launches were compared. */
  compared?: number
}

const revision = runIn(root, 'git', ['rev-parse', '--short', 'HEAD']).trim()
const file = join(
  root,
  'bench/runs',
  `pull-requests-${mode}${values.burner ? '-burner' : ''}${values.copy ? '-copy' : ''}.jsonl`,
)
const setup = values.copy
  ? `cp -r ${join(home, 'packages')} node_modules && npm run build`
  : 'npm ci --prefer-offline --no-audit --no-fund && npm run build'
if (values.copy) cpSync(join(shop, 'node_modules'), join(home, 'packages'), { recursive: true, verbatimSymlinks: true })
if (values.burner) burner = spawn(process.execPath, ['-e', COMES_AND_GOES], { stdio: 'ignore' })

/** Outcome of a run, by the budget that failed, the exit code and the text. */
function judged(change: Change, code: number | null, output: string): Pick<Line, 'outcome' | 'why'> {
  const comparison = storedComparison(shop)
  const budgets = comparison?.budgets ?? []
  const keysOf = (verdict: string) => budgets.filter(one => one.verdict === verdict).map(({ budget }) => budget.key)
  const comment = join(shop, '.vitest-arazzo/comment.md')
  const text = `${output}\n${existsSync(comment) ? readFileSync(comment, 'utf8') : ''}`
  const saysNothing = change.says !== undefined && !change.says.test(text) ? [`does not say ${change.says}`] : []
  const failed = keysOf('fail')
  const isRed = code !== 0
  if (change.fails === 'all')
    return isRed && saysNothing.length === 0
      ? { outcome: 'right' }
      : { outcome: 'WRONG', why: [`exit code ${code}`, ...saysNothing].join(', ') }
  const open = budgets
    .filter(({ verdict }) => verdict === 'inconclusive')
    .map(({ budget, why, open }) => `${budget.key}${open ? ` ${open.low} to ${open.high}` : ''} ${why.join(' ')}`)
  if (change.fails !== undefined && failed.includes(change.fails)) return { outcome: 'right' }
  if (failed.length > 0) return { outcome: 'WRONG', why: `${failed.join(', ')} failed` }
  if (open.length > 0) return { outcome: 'undecided', why: `open: ${open.join(', ')}` }
  if (budgets.length === 0)
    return { outcome: isRed ? 'undecided' : 'WRONG', why: comparison?.cause ?? lastWords(output) }
  if (change.fails !== undefined) return { outcome: 'WRONG', why: `${change.fails} passed` }
  return saysNothing.length > 0 ? { outcome: 'WRONG', why: saysNothing[0]! } : { outcome: 'right' }
}

const runTest = (name: string) =>
  spawnSync('npx', ['vitest', 'run', name], { cwd: shop, encoding: 'utf8', env: { ...QUIET, BENCH_SETUP: setup } })

function compare(name: string, change: Change): Line {
  branch(shop, name, change.base ?? {}, change.head)
  if (change.base) runIn(shop, 'git', ['branch', '-q', '-f', 'main', 'head~1'])
  rmSync(join(shop, '.vitest-arazzo'), { recursive: true, force: true })
  const began = performance.now()
  const { status, stdout, stderr } = runTest(change.load)
  const seconds = (performance.now() - began) / 1_000
  const comparison = storedComparison(shop)
  const cpu = comparison?.budgets.find(({ budget }) => budget.key === 'cpuPerRequest')
  const first = comparison?.beside.find(({ budget }) => budget.step !== undefined)?.budget.step
  return {
    at: new Date().toISOString(),
    ...{ revision, cpu: cpus()[0]!.model, change: name },
    ...judged(change, status, stripVTControlCharacters(stdout + stderr)),
    ...(cpu?.change && { found: cpu.change.mean }),
    ...(first !== undefined && { first }),
    ...(comparison && { pairs: comparison.pairs, compared: comparison.took / 1_000 }),
    seconds,
  }
}

const lines = (): Line[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as Line)
        .filter(line => line.revision === revision)
    : []

const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(1)} %`)
if (mode === 'six') {
  const runSix = (name: string) => {
    branch(shop, 'six', {}, changes[name]!.head)
    rmSync(join(shop, '.vitest-arazzo'), { recursive: true, force: true })
    const began = performance.now()
    const { stdout } = runTest('six')
    const seconds = (performance.now() - began) / 1_000
    const counts = /Tests +(.*)/.exec(stripVTControlCharacters(stdout))?.[1] ?? lastWords(stdout)
    console.log(`six load tests, ${name}: ${counts}, ${seconds.toFixed(0)} s`)
    return { counts, seconds }
  }
  // Four of six load tests ask for the list.
  if (!runSix('N+1').counts.startsWith('4 failed | 8 passed')) process.exit(1)
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const run = runSix('no change')
    if (!run.counts.startsWith('12 passed')) process.exit(1)
    seconds.push(run.seconds)
  }
  console.log(`six load tests take ${median(seconds).toFixed(0)} s (median, bar: 240 s)`)
  process.exit(median(seconds) <= 240 ? 0 : 1)
}

const chosen = Object.entries(mode === 'equal' ? { 'no change': changes['no change']! } : changes).filter(([name]) =>
  name.includes(values.only),
)
/** Whether a change has a cost that the other program can measure: both sides start, and answer. */
const hasCost = (name: string, { load, fails }: Change) =>
  load === 'cpu' && fails !== 'all' && name !== 'a new variable'

mkdirSync(join(root, 'bench/runs'), { recursive: true })
for (const [name, change] of chosen) {
  const done = lines().filter(line => line.change === name).length
  if (mode === 'truth') {
    if (!hasCost(name, change)) continue
    const { base, change: cost } = await costOf(change, rounds)
    console.log(`${name}: CPU ${percent(cost)} of ${base.toFixed(3)} ms a request`)
    continue
  }
  for (let round = done; round < rounds; round++) {
    const line = compare(name, change)
    appendFileSync(file, `${JSON.stringify(line)}\n`)
    const { outcome, why = '', found, pairs = 0, seconds } = line
    console.log(
      `${name}: ${outcome}${why && ` (${why})`}, CPU ${percent(found)}, ${pairs} pairs, ${seconds.toFixed(0)} s`,
    )
  }
}

if (mode === 'truth') process.exit(0)
const all = lines()
let isMet = all.length > 0
function bar(what: string, holds: boolean): void {
  console.log(`${what}: ${holds ? 'met' : 'not met'}`)
  isMet &&= holds
}
if (mode === 'equal') {
  const found = all.flatMap(line => line.found ?? [])
  const mean = found.reduce((sum, one) => sum + one, 0) / found.length
  const above = found.filter(one => one > 0).length
  bar(`${found.length} comparisons, mean of cpuPerRequest ${percent(mean)} (bar: ±0.4 %)`, Math.abs(mean) <= 0.004)
  bar(
    `${above} of ${found.length} above zero, p ${bothSided(above, found.length).toFixed(2)}`,
    bothSided(above, found.length) > 0.05,
  )
} else {
  const counted = all.filter(({ change }) => !changes[change]?.mayBeUndecided)
  const open = counted.filter(({ outcome }) => outcome === 'undecided').length
  const wrong = all.filter(({ outcome }) => outcome === 'WRONG').length
  const most = values.burner ? 0.25 : 0.1
  bar(`${all.length} comparisons, ${wrong} wrong (bar: 0)`, wrong === 0)
  bar(`${open} of ${counted.length} undecided (bar: ${percent(most)})`, open <= most * counted.length)
  const priced = all.filter(({ change, outcome }) => changes[change]?.step !== undefined && outcome === 'right')
  const led = priced.filter(({ change, first }) => first === changes[change]!.step).length
  if (priced.length > 0)
    bar(`the changed step is first in ${led} of ${priced.length} (bar: 95 %)`, led >= 0.95 * priced.length)
  const seconds = median(all.map(line => line.seconds))
  bar(`one comparison takes ${seconds.toFixed(0)} s (median, bar: 60 s)`, seconds <= 60)
}
process.exit(isMet ? 0 : 1)

/** Chance of a split of signs as uneven as this, or more: binomial test against one half. */
function bothSided(above: number, count: number): number {
  const least = Math.min(above, count - above)
  let [term, sum] = [0.5 ** count, 0]
  for (let k = 0; k <= least; k++) {
    sum += term
    term *= (count - k) / (k + 1)
  }
  return Math.min(1, 2 * sum)
}
