import { expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { CheckCost, Sample } from '../../src/workflow/checks/step-checks.ts'
import { aReport, aStep } from '../builders/report.ts'
import { amount } from '../builders/thorough.ts'
import { randomOf } from '../simulate/random.ts'

/*
 * Applications that break their description, or fail, in a known share of responses: few iterations, and bodies that
 * are checked only in part. A verdict is wrong if it says the opposite of the responses of the run.
 */

const RUNS = amount(150, 400)

/** Responses of which a share is broken, as a thread checks them that has time for some of them. */
function checked(count: number, share: number, cost: number, random: () => number) {
  const costs = new CheckCost()
  const sample = new Sample(costs)
  const contract = { responses: count, checked: 0, broken: 0 }
  let broken = 0
  for (let at = 0; at < count; at++) {
    const isBroken = random() < share
    if (isBroken) broken++
    const isDue = sample.isDue()
    costs.came(at, cost)
    if (!isDue) continue
    contract.checked++
    if (!isBroken) continue
    contract.broken++
    sample.takeAll()
  }
  return { contract, broken }
}

function verdictsOf(budgets: Budgets, over: Partial<LoadReport>) {
  const report = aReport(over)
  const read = readBudgets(budgets, { steps: Object.keys(report.steps), target: false })
  expect(read.problems).toEqual([])
  return judge(report, read.budgets)
}

test.each([
  ['all are checked', 0.01],
  ['a fifth is checked', 1],
  ['a fiftieth is checked', 10],
  ['a hundredth is checked', 500],
])('a contract of which %s is seldom decided wrongly, and not by what was not looked at', (_, cost) => {
  const random = randomOf(7)
  const counts = { wrong: 0, needless: 0 }
  for (let run = 0; run < RUNS; run++) {
    const share = [0, 0.0005, 0.005, 0.02, 0.2][run % 5]!
    const { contract, broken } = checked(1_000 + Math.floor(3_000 * random()), share, cost, random)
    const bound = [0.001, 0.01, 0.05][run % 3]!
    const [verdict] = verdictsOf({ contract: bound }, { steps: { pay: aStep({ contract }) } })
    const isKept = broken / contract.responses <= bound
    if (verdict!.verdict !== 'inconclusive' && (verdict!.verdict === 'pass') !== isKept) counts.wrong++
    if (verdict!.verdict === 'inconclusive' && contract.checked === contract.responses) counts.needless++
  }
  expect(counts.needless).toBe(0)
  expect(counts.wrong / RUNS).toBeLessThanOrEqual(cost < 0.1 ? 0 : 0.05)
})

test('an error rate of few iterations is that of the run, and its limit holds the true one', () => {
  const random = randomOf(11)
  let beyond = 0
  for (let run = 0; run < RUNS; run++) {
    const share = 0.3 * random()
    const due = 20
    const failed = Array.from({ length: due }, random).filter(drawn => drawn < share).length
    const measuredArrivals = { due, dropped: 0, started: due, passed: due - failed, failed, aborted: 0 }
    const [verdict] = verdictsOf({ errorRate: '10%' }, { measuredArrivals, errorRate: failed / due })
    expect(verdict!.verdict === 'pass').toBe(failed <= 2)
    if (verdict!.verdict !== 'pass') continue
    const [, limit = '0'] = /may have up to ([\d.]+) %/.exec(verdict!.aside ?? '') ?? []
    if (share > Number(limit) / 100) beyond++
  }
  expect(beyond / RUNS).toBeLessThanOrEqual(0.05)
})
