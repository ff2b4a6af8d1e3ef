import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { optionPlace } from '../../../plugin/runtime/site.ts'
import { project } from '../../builders/project.ts'

const text = `import { loadTest } from 'vitest-arazzo'

const common = { p99: 1 }

loadTest('budgets: { p99: 0 } (', {
  // budgets: { p99: 2 }
  load: { rps: 10, duration: '1s' },
  budgets: {
    'p99.9': '50ms', /* p99: */ p99: ['100ms', 'base + 10%'],
    errorRate: { bound: '1%', abortOnFail: true },
    steps: { login: { p99: '3ms', max: 4 }, "a/b": { max: 5 } },
    memory: \`\${4}MB\`,
  },
  metrics: { memory: 1 },
} as const)

loadTest.each([[1, '{']] as const)('%s users', vus => ({
  load: { vus },
  budgets: { max: vus * 2 },
}))

loadTest('others', { load, budgets: common })
loadTest('more', { load, budgets: { ...common, mean: 7 } })
loadTest('last', { load, budgets })
`

function lineAt(line: number, pointer: string) {
  const file = join(project({ 'a.load.test.ts': text }), 'a.load.test.ts')
  const place = optionPlace(`    at ${file}:${line}:1`, pointer)
  return (
    place &&
    readFileSync(file, 'utf8')
      .split('\n')
      [place.line - 1]!.slice(place.column - 1)
  )
}

test.each([
  [5, '/budgets/p99.9', "'p99.9': '50ms', /* p99: */ p99: ['100ms', 'base + 10%'],"],
  [5, '/budgets/p99/1', "p99: ['100ms', 'base + 10%'],"],
  [5, '/budgets/errorRate', "errorRate: { bound: '1%', abortOnFail: true },"],
  [5, '/budgets/errorRate/bound', "bound: '1%', abortOnFail: true },"],
  [5, '/budgets/steps/login/max', 'max: 4 }, "a/b": { max: 5 } },'],
  [5, '/budgets/steps/a~1b/max', 'max: 5 } },'],
  [5, '/budgets/memory', 'memory: `${4}MB`,'],
  [5, '/load/duration', "duration: '1s' },"],
  [17, '/budgets/max', 'max: vus * 2 },'],
])('of the call in line %i, %s has a line of its own', (line, pointer, shown) => {
  expect(lineAt(line, pointer)).toBe(shown)
})

test('what comes out of a variable has the place at which that is named', () => {
  expect(lineAt(22, '/budgets/p99')).toBe('budgets: common })')
  expect(lineAt(23, '/budgets/p99')).toBe('budgets: { ...common, mean: 7 } })')
})

test('what is not in the call has none, and neither has a call that is not found', () => {
  expect(lineAt(24, '/budgets/p99')).toBeUndefined()
  expect(lineAt(99, '/budgets/p99')).toBeUndefined()
  expect(optionPlace('    at /not/there.test.ts:1:1', '/budgets/p99')).toBeUndefined()
  expect(optionPlace('    at <anonymous>', '/budgets/p99')).toBeUndefined()
})

test('a stack leads there by a name, or by the URL of a file', () => {
  const file = join(project({ 'a.load.test.ts': text }), 'a.load.test.ts')
  const place = { file, line: 10, column: 5 }
  expect(optionPlace(`    at Module.run (${file}:5:1)`, '/budgets/errorRate')).toEqual(place)
  expect(optionPlace(`    at file://${file}:5:1`, '/budgets/errorRate')).toEqual(place)
})
