import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { parseBudgets } from '../../src/cli/budgets.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { readShape } from '../../src/load/plan/shape.ts'

const messages = (shape: object) => readShape(shape as never).problems.map(sentenceOf)

test.each([
  [{ vus: 1_000_000_000, duration: '1s' }, 'vus: 1,000,000,000 is more than 100,000'],
  [{ vus: 1_000_000_000, iterations: 1 }, 'vus: 1,000,000,000 is more than 100,000'],
  [{ rps: 1, duration: '1s', maxVus: 1e9 }, 'maxVus: 1,000,000,000 is more than 100,000'],
  [{ vus: 1_000, duration: '1s', threads: 500 }, 'threads: 500 is more than 256'],
  [{ stages: [{ vus: 1e9, duration: '1s' }] }, 'stages[0].vus: 1,000,000,000 is more than 100,000'],
])('%o is refused', (shape, found) => {
  expect(messages(shape)).toEqual([expect.stringContaining(found)])
})

test.each(['__proto__', 'constructor', 'toString'])('a budget of a step called %s is one of no step', name => {
  const budgets = parseBudgets([`steps.${name}.p99<1ms`])
  const { problems } = readBudgets(budgets, { steps: ['login'] } as never)
  expect(problems.map(sentenceOf)).toEqual([
    expect.stringContaining(`Failed to read budget steps.${name}: the workflow has no such step.`),
  ])
})
