import { expect, test } from 'vitest'
import { readCompareOptions } from '../../../plugin/compare/options.ts'
import { maskedComparison, secretsOf, whereFrom } from '../../../plugin/compare/shown.ts'
import { aComparison } from '../reporter/runs.ts'

test('where base comes from is told without what is for nobody else', () => {
  const sources = [
    { url: 'https://ci:hunter2@base.example:8443/v1/health?key=abc' },
    { command: 'TOKEN=abc node base.js' },
    { git: 'v1.2' },
    { cwd: '../base' },
  ]
  expect(sources.map(source => whereFrom(readCompareOptions(source, '/project', {})!.base))).toEqual([
    'https://base.example:8443/v1/health',
    'another command',
    'git v1.2',
    '/base',
  ])
})

test('a comparison is kept without secrets, and is the same but for them', () => {
  const confidential = { server: { command: 'x', url: 'https://ci:hunter2@head.example' } }
  const secrets = secretsOf({ root: '/project', room: '/room', environment: {}, confidential })
  const plain = aComparison()
  const [first, ...others] = plain.budgets
  const told = {
    ...plain,
    base: { from: 'folder hunter2', subject: 'Use hunter2' },
    notes: ['base knows hunter2'],
    cause: 'asked https://ci:hunter2@head.example',
    budgets: [{ ...first!, why: ['it said hunter2.'] }, ...others],
    beside: [{ ...first!, why: ['and hunter2.'] }],
  }
  const masked = maskedComparison(told, secrets)
  expect(JSON.stringify(masked)).not.toContain('hunter2')
  expect(masked.notes[0]).toMatch(/^base knows \*+$/)
  expect(masked.budgets.map(({ budget, figures }) => [budget, figures])).toEqual(
    told.budgets.map(({ budget, figures }) => [budget, figures]),
  )
  expect(maskedComparison(plain, secrets)).toEqual(plain)
})
