import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTemplate } from '../../src/expression/template.ts'
import { compileJson } from '../../src/workflow/request/body.ts'
import { scopeOf } from '../expression/scope-of.ts'

const value = fc.constantFrom(undefined, null, 0, -0, 1, '1', 'a', 'b', Number.NaN, true, { c: 1 }, [1], { c: 2 })
const payload = fc.constantFrom(
  { a: '$inputs.a', b: '$inputs.b' },
  { b: 'x{$inputs.b}', a: '$inputs.a', fixed: 1 },
  { outer: { a: '$inputs.a' }, b: '$inputs.b' },
  ['$inputs.a', '$inputs.b'],
)

test('a payload is what its values make it, whatever the one before was', () => {
  fc.assert(
    fc.property(payload, fc.array(fc.record({ a: value, b: value }), { maxLength: 60 }), (given, rows) => {
      const { write, evaluate } = compileJson(parseTemplate(given))
      for (const inputs of rows) {
        const scope = scopeOf({ inputs })
        expect(write(scope)).toBe(JSON.stringify(evaluate(scope)))
      }
    }),
  )
})
