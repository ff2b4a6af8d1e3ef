import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conditions, invalidConditions } from '../../../fixtures/expressions/conditions.ts'
import type { Condition } from '../../../src/expression/ast.ts'
import { parseCondition } from '../../../src/expression/condition/parser.ts'
import { ExpressionError, type Warning } from '../../../src/expression/expression-error.ts'
import { expressionsIn } from '../../../src/expression/references.ts'
import { show } from './show.ts'

test.each(conditions)('%s', (written, read) => {
  const warnings: Warning[] = []
  expect(show(parseCondition(written, warning => warnings.push(warning)))).toBe(read)
  expect(warnings).toEqual([])
})

test.each(invalidConditions.map(text => [text.slice(0, 40), text]))('%j is no condition', (_, text) => {
  expect(() => parseCondition(text)).toThrow(ExpressionError)
})

test('every part knows its place in the text', () => {
  const text = " !( $inputs.list[$inputs.i].name == 'x' )"
  const places = (condition: Condition): string[] => {
    const parts = Object.values(condition).filter(
      part => typeof part === 'object' && part !== null && 'start' in part,
    ) as Condition[]
    return [text.slice(condition.start, condition.end), ...parts.flatMap(places)]
  }
  expect(places(parseCondition(text))).toEqual([
    "!( $inputs.list[$inputs.i].name == 'x' )",
    "( $inputs.list[$inputs.i].name == 'x' )",
    '$inputs.list[$inputs.i].name',
    '$inputs.list[$inputs.i]',
    '$inputs.list',
    '$inputs.i',
    "'x'",
  ])
})

describe('messages', () => {
  const messages = (...texts: string[]) =>
    texts.map(text => {
      try {
        return show(parseCondition(text))
      } catch (error) {
        const { message, offset, hint } = error as ExpressionError
        return `${text} @${offset}: ${message}${hint === undefined ? '' : `. ${hint}`}`
      }
    })

  test('carry the place and what to write', () => {
    expect(
      messages(
        '$statusCode = 200',
        '$statusCode == 200 & true',
        '1 and 2',
        'statusCode == 200',
        '$response.body.status == placed',
        'NULL',
      ),
    ).toMatchInlineSnapshot(`
      [
        "$statusCode = 200 @12: expected a value or an operator, found "=". Write == for equality.",
        "$statusCode == 200 & true @19: expected a value or an operator, found "&". Write && for "and", || for "or".",
        "1 and 2 @2: expected an operator or the end of the condition, found "and". The operators are &&, || and !.",
        "statusCode == 200 @0: expected a value, found the word "statusCode". Write $statusCode.",
        "$response.body.status == placed @25: expected a value, found the word "placed". Put text in single quotes: 'placed'.",
        "NULL @0: expected a value, found the word "NULL". Write null.",
      ]
    `)
    expect(
      messages(
        "$a == 'b",
        '($statusCode == 200',
        '$statusCode == 200)',
        '$statusCode ==',
        '$inputs.a[0',
        '$statusCode == 200 200',
      ),
    ).toMatchInlineSnapshot(`
      [
        "$a == 'b @0: expected an expression, found "$a". Use one of $url, $method, $statusCode, $request, $response, $message, $inputs, $outputs, $steps, $workflows, $sourceDescriptions, $components or $self.",
        "($statusCode == 200 @19: expected ")", found the end",
        "$statusCode == 200) @18: expected an operator or the end of the condition, found ")"",
        "$statusCode == @14: expected a value, found the end",
        "$inputs.a[0 @11: expected "]", found the end",
        "$statusCode == 200 200 @19: expected an operator or the end of the condition, found "200"",
      ]
    `)
    expect(
      messages('$statusCode == 200 && $input.a', '{$statusCode = 401}', "'{$inputs.a b}'", '^2\\d\\d$', '$.pets[*]'),
    ).toMatchInlineSnapshot(`
      [
        "$statusCode == 200 && $input.a @22: expected an expression, found "$input". Did you mean "$inputs"?",
        "{$statusCode = 401} @13: expected a value or an operator, found "=". Write == for equality.",
        "'{$inputs.a b}' @11: expected "}" at the end of the embedded expression, found " "",
        "^2\\d\\d$ @0: expected a value or an operator, found "^". For a regular expression, give the criterion \`type: regex\` and a context.",
        "$.pets[*] @0: expected an expression after "$". For a JSONPath, give the criterion \`type: jsonpath\` and a context.",
      ]
    `)
  })

  test('double quotes are taken with a warning', () => {
    const warnings: Warning[] = []
    const condition = parseCondition('$inputs.a == "it\'s \\"b\\"" || $inputs.b == ""', warning =>
      warnings.push(warning),
    )
    expect(show(condition)).toBe('(($inputs.a == "it\'s \\"b\\"") || ($inputs.b == ""))')
    expect(warnings).toMatchInlineSnapshot(`
      [
        {
          "hint": "Write 'it''s "b"'.",
          "message": ""it's \\"b\\"" is read as text, which has single quotes",
          "offset": 13,
        },
        {
          "hint": "Write ''.",
          "message": """ is read as text, which has single quotes",
          "offset": 42,
        },
      ]
    `)
  })

  test('a warning inside of braces comes once', () => {
    const warnings: Warning[] = []
    parseCondition('{$steps.a.b == "c"} && {$response.body#/x y}', warning => warnings.push(warning))
    expect(warnings.map(({ offset }) => offset)).toEqual([1, 15])
  })
})

describe('for all conditions', () => {
  const expression = fc.constantFrom(
    '$statusCode',
    '$response.body#/a/b~1c',
    '$inputs.user.name',
    '$steps.a-b.outputs.c#/0',
    '$response.header.x-rate',
    '$method',
  )
  const literal = fc.oneof(
    fc.string().map(text => `'${text.replaceAll("'", "''")}'`),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => JSON.stringify(number)),
    fc.constantFrom('true', 'false', 'null'),
  )
  const { tree } = fc.letrec<{ tree: string }>(tie => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      expression,
      literal,
      fc
        .tuple(tie('tree'), fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '&&', '||'), tie('tree'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('tree').map(operand => `!${operand}`),
    ),
  }))

  /** What `show` prints, in the condition language again. */
  const written = (shown: string) =>
    shown.replace(/"(?:[^"\\]|\\.)*"/g, text => `'${JSON.parse(text).replaceAll("'", "''")}'`)

  test('what was read, written with every bracket, reads the same', () => {
    fc.assert(
      fc.property(tree, text => {
        const read = show(parseCondition(text))
        expect(show(parseCondition(written(read)))).toBe(read)
      }),
    )
  })

  test('any text is read or refused with a place inside of it', () => {
    const pieces = fc.constantFrom(
      '$statusCode',
      '$inputs.a',
      '$response.body#/a',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '!',
      '==',
      '&&',
      '.',
      "'",
      '"',
      '1',
      'true',
      'x',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
        const text = parts.join('')
        try {
          for (const { offset, text: quoted } of expressionsIn({
            type: 'simple',
            text,
            condition: parseCondition(text),
          })) {
            expect(text.slice(offset, offset + quoted.length)).toBe(quoted)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError)
          expect((error as ExpressionError).offset).toBeGreaterThanOrEqual(0)
          expect((error as ExpressionError).offset).toBeLessThanOrEqual(text.length)
        }
      }),
      { numRuns: 500 },
    )
  })
})
