/*
 * An independent checker of verdicts: random applications under random loads of 3 s, each in a process of its own. It
 * computes errorRate, rps, p50 and p99 from the application's log. Each verdict has to agree with it; one that is
 * inconclusive has to have an interval that contains the truth. Run: `npm run truth [count] [first seed] [at a time]`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { type LoadReport, runLoad, type Verdict } from 'vitest-arazzo/engine'
import { LENGTH, type Plan, planOf } from './plan.ts'
import { type Logged, percentile, type Truth, truthOf } from './truth.ts'

const [count = 200, firstSeed = 1, atATime = 2] = process.argv.slice(2).map(Number)
const application = resolve(import.meta.dirname, '../../../test/truth/application.mjs')
const folder = mkdtempSync(join(tmpdir(), 'truth-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const BUDGETS = ['errorRate', 'rps', 'p50', 'p99']

const openapi = {
  openapi: '3.1.0',
  info: { title: 'truth', version: '1.0.0' },
  paths: {
    '/first': { get: { operationId: 'first', responses: { default: { description: 'any' } } } },
    '/second/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
      get: { operationId: 'second', responses: { default: { description: 'any' } } },
    },
  },
}
const criteria = [{ condition: '$statusCode == 200' }, { condition: '$response.body#/isRight == true' }]
const first = { operationId: 'first', successCriteria: criteria, outputs: { id: '$response.body#/id' } }
const parameters = [{ name: 'id', in: 'path', value: '$steps.first.outputs.id' }]
const second = { operationId: 'second', parameters, successCriteria: criteria }
writeFileSync(join(folder, 'openapi.json'), JSON.stringify(openapi))
for (const steps of [1, 2])
  writeFileSync(
    join(folder, `${steps}.arazzo.json`),
    JSON.stringify({
      arazzo: '1.0.1',
      info: { title: 'truth', version: '1.0.0' },
      sourceDescriptions: [{ name: 'api', url: './openapi.json', type: 'openapi' }],
      workflows: [
        {
          workflowId: 'flow',
          steps: [
            { stepId: 'first', ...first },
            { stepId: 'second', ...second },
          ].slice(0, steps),
        },
      ],
    }),
  )

interface Finding {
  seed: number
  verdict: Verdict
  truth: string
  what: 'agrees' | 'inconclusive' | 'WRONG'
}

async function check(seed: number): Promise<Finding[]> {
  const plan = planOf(seed)
  const child = fork(application, [JSON.stringify(plan.behaviour)])
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    const report = await runLoad({
      workflow: join(folder, `${plan.steps}.arazzo.json`),
      load: plan.load,
      budgets: plan.budgets,
      servers: `http://127.0.0.1:${port}`,
      transport: plan.transport,
      requestTimeout: plan.requestTimeout,
    })
    const log = await logOf(child)
    const truth = truthOf(log, plan.steps, plan.requestTimeout, LENGTH)
    const judged = report.verdicts.filter(({ budget }) => BUDGETS.includes(budget))
    return judged.map(verdict => ({ seed, verdict, ...compare(verdict, report, truth, boundOf(plan, verdict)) }))
  } finally {
    child.kill('SIGKILL')
  }
}

async function logOf(child: ChildProcess): Promise<Logged[]> {
  child.send('log')
  const [log] = (await once(child, 'message')) as [Logged[]]
  return log
}

/** Values between which a figure lies by the log, and by how much the clocks and the network may move it. */
function rangeOf(budget: string, { measuredArrivals }: LoadReport, truth: Truth): [number, number, number] {
  const { iterations, failed } = truth
  switch (budget) {
    case 'errorRate': {
      // Dropped arrivals might have failed as well, if users were stuck.
      const isStuck = truth.all.at(-1) === Number.POSITIVE_INFINITY
      const dropped = isStuck ? Math.max(0, measuredArrivals.due - iterations) : 0
      return [failed / iterations, (failed + dropped) / (iterations + dropped), 1e-9]
    }
    case 'rps':
      return [...truth.responses, 0.05 * truth.responses[1] + 1]
    default: {
      const quantile = Number(budget.slice(1)) / 100
      const [all, passed] = [percentile(truth.all, quantile), percentile(truth.passed, quantile)]
      const upper = Math.max(all, passed)
      return [Math.min(all, passed), upper, Number.isFinite(upper) ? 0.1 * upper + 20 : 20]
    }
  }
}

/** A verdict without data has no bound. */
function boundOf({ budgets }: Plan, { budget, judged }: Verdict): number {
  const asked = budgets[budget as keyof Plan['budgets']]
  return judged?.bound ?? (typeof asked === 'number' ? asked : Number.parseFloat(String(asked)) / 100)
}

function compare(verdict: Verdict, report: LoadReport, truth: Truth, bound: number): Pick<Finding, 'what' | 'truth'> {
  const { budget, judged } = verdict
  const [lower, upper, slack] = rangeOf(budget, report, truth)
  const text = lower === upper ? `${lower}` : `${lower} to ${upper}`
  const isMinimum = budget === 'rps'
  // The response that is late at the client is late for its user; one that is early is impossible.
  const early = isMinimum || budget === 'errorRate' ? slack : 3
  const mayPass = isMinimum ? lower + slack >= bound : upper - early <= bound
  const mayFail = isMinimum ? lower - slack < bound : upper + slack > bound
  const contains =
    (judged?.lower ?? Number.NEGATIVE_INFINITY) - slack <= upper &&
    (judged?.upper ?? Number.POSITIVE_INFINITY) + slack >= Math.min(lower, upper)
  if (verdict.verdict === 'inconclusive') return { what: contains ? 'inconclusive' : 'WRONG', truth: text }
  const agrees = verdict.verdict === 'pass' ? mayPass : mayFail
  return { what: agrees ? 'agrees' : 'WRONG', truth: text }
}

const seeds = Array.from({ length: count }, (_, i) => firstSeed + i)
const findings: Finding[] = []
const errors: string[] = []
async function worker(): Promise<void> {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
    try {
      findings.push(...(await check(seed)))
    } catch (error) {
      errors.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`)
    }
}
await Promise.all(Array.from({ length: atATime }, worker))

const wordsOf = ({ behaviour: { seed: _, ...behaviour }, ...plan }: Plan) => JSON.stringify({ ...plan, behaviour })
for (const { seed, verdict, truth } of findings.filter(({ what }) => what === 'WRONG')) {
  const { lower, upper } = verdict.judged ?? {}
  console.log(`WRONG: seed ${seed}: ${verdict.title}: ${verdict.verdict}, ${verdict.value}; by the log: ${truth}`)
  console.log(`  interval ${lower} to ${upper}; ${verdict.because}\n  ${wordsOf(planOf(seed))}`)
}
for (const error of errors) console.log(`ERROR: ${error}`)
console.log('\n| budget | pass | fail | inconclusive | wrong |\n| --- | ---: | ---: | ---: | ---: |')
for (const budget of BUDGETS) {
  const of = findings.filter(({ verdict }) => verdict.budget === budget)
  const number = (name: string) => of.filter(({ what, verdict }) => what !== 'WRONG' && verdict.verdict === name).length
  const wrong = of.filter(({ what }) => what === 'WRONG').length
  console.log(`| ${budget} | ${number('pass')} | ${number('fail')} | ${number('inconclusive')} | ${wrong} |`)
}
const wrong = findings.filter(({ what }) => what === 'WRONG').length
const isMet = wrong === 0 && errors.length === 0 && findings.length > 0
console.log(`\n${findings.length} verdicts of ${count} applications, ${wrong} wrong: ${isMet ? 'met' : 'NOT MET'}`)
process.exit(isMet ? 0 : 1)
