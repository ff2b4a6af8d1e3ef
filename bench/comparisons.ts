/**
 * Bars of comparisons with a base, on an application whose CPU work and delays are known: `vitest run` of a load test
 * with budgets that speak of the base, again and again. Kinds: `same` (at most 30 s: of 100 at most 2 false alarms on
 * cpuPerRequest, p99 and memory together), `same-burner` (beside a program that takes a core and lets it go: of 30 at
 * most 1), `dearer-10` (10 % more CPU, at most 60 s: 38 of 40 found), `dearer-20` (20 %, at most 30 s: 20 of 20),
 * `slower` (the 2 % slowest take twice as long: 18 of 20 found by p99). Each run is appended to a file with revision and
 * processor, and a kind goes on where that file ends (with as much more work): the files of bench/runs are kept in the repository, so that runs
 * can be spread over days and machines. Takes half a minute to a minute a run. Run: `npm run bench -- comparisons
 * <kind> [runs] [file]`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { isDeepStrictEqual } from 'node:util'
import type { ComparedBudget, StoredComparison } from '../src/compare/comparison.ts'
import { COMES_AND_GOES } from './comes-and-goes.ts'
import { comparedProject } from './compared-project.ts'

interface Kind {
  runs: number
  maxDuration: string
  /** What head does more than base: CPU work, of which a request is 94 %, and delay of its slowest. */
  head: { work?: number; slow?: number }
  /** The budget that is to fail; none where head is base. */
  fails?: string
  /** Of so many runs so many may be wrong. */
  mayMiss: number
  isBurning?: boolean
}

const KINDS: Record<string, Kind> = {
  same: { runs: 100, maxDuration: '24s', head: {}, mayMiss: 2 },
  'same-burner': { runs: 30, maxDuration: '24s', head: {}, mayMiss: 1, isBurning: true },
  'dearer-10': { runs: 40, maxDuration: '54s', head: { work: 1.106 }, fails: 'cpuPerRequest', mayMiss: 2 },
  'dearer-20': { runs: 20, maxDuration: '24s', head: { work: 1.212 }, fails: 'cpuPerRequest', mayMiss: 0 },
  slower: { runs: 20, maxDuration: '54s', head: { slow: 2 }, fails: 'p99', mayMiss: 2 },
}

const [name = '', written, file = join('bench', 'runs', `comparisons-${name}.jsonl`)] = process.argv.slice(2)
const kind = KINDS[name]
if (kind === undefined) {
  console.error(`Failed to compare: "${name}" is not a kind. Use one of ${Object.keys(KINDS).join(', ')}.`)
  process.exit(2)
}
const runs = Number(written ?? kind.runs)

/** One run of a kind, as a line of its file. */
interface Line {
  at: string
  /** Commit that ran. */
  revision: string
  head: Kind['head']
  /** Model of the processor. */
  cpu: string
  pairs: number
  took: number
  budgets: Pick<ComparedBudget, 'verdict' | 'change' | 'typical' | 'noise' | 'why'>[]
  keys: string[]
}

const revision = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim()
const folder = comparedProject(kind.head, kind.maxDuration, kind.fails)
const lines = (): Line[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as Line)
        // Those of another difference count for themselves.
        .filter(line => isDeepStrictEqual(line.head, kind!.head))
    : []

let burner: ChildProcess | undefined
if (kind.isBurning) burner = spawn(process.execPath, ['-e', COMES_AND_GOES])
process.once('exit', () => burner?.kill('SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

function run(): Line {
  const reports = join(folder, '.vitest-arazzo')
  rmSync(reports, { recursive: true, force: true })
  const began = performance.now()
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const took = performance.now() - began
  const own = existsSync(reports) ? readdirSync(reports).map(name => join(reports, name, 'comparison.json')) : []
  const path = own.find(candidate => existsSync(candidate))
  if (path === undefined) throw new Error(`Failed to compare: Vitest said ${stdout}${stderr}`)
  const { comparison } = JSON.parse(readFileSync(path, 'utf8')) as StoredComparison
  const budgets = comparison.budgets.map(({ verdict, change, typical, noise, why }) => ({
    ...{ verdict, change, typical, noise, why },
  }))
  const keys = comparison.budgets.map(({ budget }) => budget.key)
  return {
    at: new Date().toISOString(),
    ...{ revision, head: kind!.head, cpu: cpus()[0]!.model },
    ...{ pairs: comparison.pairs, took, budgets, keys },
  }
}

mkdirSync(dirname(file), { recursive: true })
for (let number = lines().length + 1; number <= runs; number++) {
  const line = run()
  appendFileSync(file, `${JSON.stringify(line)}\n`)
  const verdicts = line.keys.map((key, index) => `${key} ${line.budgets[index]!.verdict}`).join(', ')
  console.log(`${number}: ${verdicts} (${line.pairs} pairs, ${(line.took / 1000).toFixed(0)} s)`)
}

const all = lines()
const revisions = [...new Set(all.map(({ revision }) => revision))]
console.log(`${all.length} runs, by revision ${revisions.join(', ')}`)
const { fails, head } = kind
const of = (line: Line, key: string) => line.budgets[line.keys.indexOf(key)]!
const verdicts = (key: string) => all.map(line => of(line, key).verdict)
const count = (key: string, verdict: string) => verdicts(key).filter(one => one === verdict).length
for (const key of all[0]?.keys ?? [])
  console.log(`${key}: ${['pass', 'fail', 'inconclusive'].map(v => `${count(key, v)} ${v}`).join(', ')}`)
// Of the same build the truth is no change; of others what all the other runs found, as a ratio, for the work of the
// transport is beside that of the application.
const isSame = head.work === undefined && head.slow === undefined
function tellCoverage(figure: 'change' | 'typical', what: string): void {
  const ranges = (all[0]?.keys ?? []).flatMap(key => {
    const found = all.flatMap(line => of(line, key)[figure] ?? [])
    const sum = found.reduce((total, { mean }) => total + Math.log1p(mean), 0)
    const ofOthers = (mean: number) => Math.expm1((sum - Math.log1p(mean)) / (found.length - 1))
    return found.map(range => ({ ...range, truth: isSame ? 0 : ofOthers(range.mean) }))
  })
  if (ranges.length === 0) return
  const covered = ranges.filter(({ low, high, truth }) => low <= truth && truth <= high).length
  console.log(`95 % intervals ${what} that hold the truth: ${covered} of ${ranges.length} (bar: 92 %)`)
}
tellCoverage('change', 'of changes')
tellCoverage('typical', 'of typical requests')
const missed = fails
  ? all.length - count(fails, 'fail')
  : all.filter(line => line.budgets.some(({ verdict }) => verdict === 'fail')).length
console.log(
  `${fails ? 'missed' : 'false alarms'}: ${missed} of ${all.length} runs (bar: ${kind.mayMiss} of ${kind.runs})`,
)
process.exit(missed <= kind.mayMiss ? 0 : 1)
