import { expect } from 'vitest'
import { comparisonTable, comparisonValue, examples, functionTable } from '../../fixtures/expressions/rfc9535.ts'
import { section } from './rule.ts'
import { judged, outputsOf, read, step } from './run.ts'

const { executed, refused: isRefused } = section('JSONPath (RFC 9535)')

for (const { section: of, value, queries } of examples) {
  executed(`the examples of ${of}, as selectors`, { only: '1.1.0' }, async version => {
    const selectors = queries.map(([selector]) => ({ context: '$response.body', selector, type: 'jsonpath' }))
    const outputs = await outputsOf(version, { ...selectors }, { body: value })
    const expected = queries.map(([, nodes]) => (nodes.length > 1 ? nodes : nodes[0]))
    expect(queries.map((_, index) => outputs[index])).toEqual(expected)
  })

  executed(`the examples of ${of}, as criteria`, {}, async version => {
    for (const [condition, nodes] of queries) {
      // A filter at the root that finds nothing is tried on the body itself: see the decisions.
      if (nodes.length === 0 && condition.startsWith('$[?')) continue
      const { passed } = await judged(version, [{ context: '$response.body', condition, type: 'jsonpath' }], {
        body: value,
      })
      expect([condition, passed]).toEqual([condition, nodes.length > 0])
    }
  })
}

executed('the comparisons of 2.3.5.3', {}, async version => {
  for (const [comparison, result] of comparisonTable) {
    const criterion = { context: '$response.body', condition: `$[?${comparison}]`, type: 'jsonpath' }
    const { passed } = await judged(version, [criterion], { body: comparisonValue })
    expect([comparison, passed]).toEqual([comparison, result])
  }
})

isRefused('function expressions of 2.4.9 that are not well typed', {}, async version => {
  for (const [condition, isWellTyped] of functionTable) {
    if (isWellTyped) continue
    const successCriteria = [{ context: '$response.body', condition, type: 'jsonpath' }]
    const { codes } = await read(version, { steps: [step('a', { successCriteria })] })
    expect(codes).toEqual([version === '1.0.1' ? 'invalid-expression' : '(expression-form)'])
  }
})
