/**
 * Bar: the README's load test beside a program that takes a core and lets it go again, 30 times: no verdict is wrong,
 * and at most 3 runs have an inconclusive one. Each run is `vitest run` in the README's own project, which starts its
 * application; the budgets are the README's, which it keeps by far, and one that it cannot keep (a median of 20 us),
 * which may not pass. Takes 5 minutes. Run: `npm run bench -- verdicts [runs]`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { COMES_AND_GOES } from './comes-and-goes.ts'
import { readmeProject } from './readme-project.ts'

const runs = Number(process.argv[2] ?? 30)
const NEVER = "p50: '0.02ms'"
const folder = readmeProject((name, text) =>
  name === 'pets.load.test.js' ? text.replace('rps: 950,', `rps: 950, ${NEVER},`) : text,
)

const burner: ChildProcess = spawn(process.execPath, ['-e', COMES_AND_GOES])
process.once('exit', () => burner.kill('SIGKILL'))

interface Results {
  testResults: {
    assertionResults: { title: string; status: string; failureMessages: string[]; meta: { budget?: object } }[]
  }[]
}

function run() {
  const command = [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', 'pets.load.test.js', '--reporter=json']
  const { stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' })
  const begin = stdout.indexOf('{')
  if (begin < 0) throw new Error(`Failed to run the README's load test: Vitest said ${stdout}${stderr}`)
  const { testResults } = JSON.parse(stdout.slice(begin)) as Results
  return testResults.flatMap(({ assertionResults }) => assertionResults)
}

type Verdict = 'pass' | 'fail' | 'inconclusive'
function verdictOf({ status, failureMessages }: ReturnType<typeof run>[number]): Verdict {
  if (status === 'passed') return 'pass'
  return failureMessages.some(message => message.startsWith('InconclusiveError')) ? 'inconclusive' : 'fail'
}

const BUDGETS = 7
let [wrong, open] = [0, 0]
for (let number = 1; number <= runs; number++) {
  const tests = run().filter(({ meta }) => meta.budget !== undefined)
  if (tests.length !== BUDGETS) throw new Error(`Failed to judge ${BUDGETS} budgets: there were ${tests.length}.`)
  const verdicts = tests.map(test => ({ ...test, verdict: verdictOf(test), isNever: test.title.includes('p50') }))
  if (verdicts.some(({ verdict, isNever }) => verdict === (isNever ? 'pass' : 'fail'))) wrong++
  // Of the one that cannot be kept it is enough that it does not pass.
  const left = verdicts.filter(({ verdict, isNever }) => !isNever && verdict === 'inconclusive')
  if (left.length > 0) open++
  console.log(`${number}: ${verdicts.map(({ title, verdict }) => `${title}: ${verdict}`).join(', ')}`)
  for (const { failureMessages } of left) console.log(failureMessages[0]?.split('\n    at ')[0])
}
console.log(`wrong: ${wrong} of ${runs} runs (bar: 0); inconclusive: ${open} (bar: ${Math.floor(runs / 10)})`)
process.exit(wrong === 0 && open <= runs / 10 ? 0 : 1)
