import { describe, expect, test } from 'vitest'
import { invalid } from '../../fixtures/expressions/invalid.ts'
import { lenient, valid } from '../../fixtures/expressions/valid.ts'
import { formatExpression } from '../../src/expression/ast.ts'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import { parseExpression } from '../../src/expression/parse.ts'

const pairs = valid.map(entry => (typeof entry === 'string' ? ([entry, entry] as const) : entry))

test.each(pairs)('%s', (written, form) => {
  const { expression, warnings } = parseExpression(written)
  expect(formatExpression(expression)).toBe(form)
  expect(parseExpression(form)).toEqual({ expression, warnings: [] })
  expect(warnings).toEqual([])
})

test.each(lenient)('%s is read as %s', (written, form) => {
  const { expression, warnings } = parseExpression(written)
  expect(formatExpression(expression)).toBe(form)
  expect(warnings.length).toBeGreaterThan(0)
  for (const warning of warnings) expect(warning).toMatchObject({ offset: 0, hint: `Write ${form}.` })
})

test.each(invalid)('%j is no expression', text => {
  expect(() => parseExpression(text)).toThrow(ExpressionError)
})

describe('what an expression means', () => {
  test('names keep their dots, and the part behind # is a pointer', () => {
    expect(parseExpression('$steps.a-b.outputs.c.d#/e~1f/0').expression).toEqual({
      kind: 'steps',
      stepId: 'a-b',
      output: 'c.d',
      pointer: { text: '/e~1f/0', tokens: ['e/f', '0'] },
    })
  })

  test('an output may be called "outputs"', () => {
    expect(parseExpression('$steps.a.outputs.outputs').expression).toMatchObject({ stepId: 'a', output: 'outputs' })
    expect(parseExpression('$steps.a.outputs.b.outputs.c').expression).toMatchObject({
      stepId: 'a',
      output: 'b.outputs.c',
    })
  })

  test('JSON escapes in names are undone', () => {
    expect(parseExpression('$request.query.a\\u0020b\\"').expression).toMatchObject({ name: 'a b"' })
    expect(parseExpression('$request.query.a\\x').expression).toMatchObject({ name: 'a\\x' })
  })
})

describe('messages', () => {
  const messages = (...texts: string[]) =>
    texts.map(text => {
      try {
        return JSON.stringify(parseExpression(text))
      } catch (error) {
        const { message, offset, hint } = error as ExpressionError
        return `${text} @${offset}: ${message}${hint === undefined ? '' : `. ${hint}`}`
      }
    })

  test('say what was expected where', () => {
    expect(
      messages('$input.name', '$statusCod', '$xyz.a', '$', 'inputs.a', '$inputs', '$inputs.'),
    ).toMatchInlineSnapshot(`
      [
        "$input.name @0: expected an expression, found "$input". Did you mean "$inputs"?",
        "$statusCod @0: expected an expression, found "$statusCod". Did you mean "$statusCode"?",
        "$xyz.a @0: expected an expression, found "$xyz". Use one of $url, $method, $statusCode, $request, $response, $message, $inputs, $outputs, $steps, $workflows, $sourceDescriptions, $components or $self.",
        "$ @1: expected an expression after "$", found the end",
        "inputs.a @0: expected an expression that starts with "$", found "i"",
        "$inputs @7: expected "." and a name after "$inputs", found the end",
        "$inputs. @8: expected the name of an input after "$inputs.", found the end",
      ]
    `)
    expect(
      messages(
        '$inputs.a is',
        '$response.body/status',
        '$response.body#status',
        '$response.body#/a~2',
        '$response.headers.a',
        '$response.cookies.a',
        '$response.cookie',
        '$response.cookie.;',
        '$request.cookie.a',
      ),
    ).toMatchInlineSnapshot(`
      [
        "$inputs.a is @9: expected the end of the expression, found " is". To put it into text, embed it: {$inputs.a}.",
        "$response.body/status @14: expected "#" before a JSON Pointer, found "/". Write #/status.",
        "$response.body#status @15: expected "/" at the start of a JSON Pointer, found "s". Write /status.",
        "$response.body#/a~2 @17: expected "~0" or "~1" in a JSON Pointer, found "~" alone. Write ~0 for "~" and ~1 for "/".",
        "$response.headers.a @10: expected a part of the response, found "headers". Did you mean "header"?",
        "$response.cookies.a @10: expected a part of the response, found "cookies". Did you mean "cookie"?",
        "$response.cookie @16: expected "." and the name of a cookie after "$response.cookie", found the end",
        "$response.cookie.; @17: expected the name of a cookie after "$response.cookie.", found ";"",
        "$request.cookie.a @9: expected a part of the request, found "cookie". Use one of header, query, path, body or payload.",
      ]
    `)
    expect(
      messages(
        '$steps.a',
        '$steps.a.outputs',
        '$workflows.a.b',
        '$workflows.a.steps.b.outputs.c',
        '$components.parameter.a',
      ),
    ).toMatchInlineSnapshot(`
      [
        "$steps.a @8: expected ".outputs." and an output after "$steps.a", found the end. Write $steps.<stepId>.outputs.<output>.",
        "$steps.a.outputs @16: expected an output's name after "$steps.a.outputs.", found the end. Write $steps.<stepId>.outputs.<output>.",
        "$workflows.a.b @14: expected ".inputs." or ".outputs." and a name after "$workflows.a.b", found the end. Write $workflows.<workflowId>.outputs.<output> or $workflows.<workflowId>.inputs.<input>.",
        "$workflows.a.steps.b.outputs.c @11: expected an input or output of the workflow, found one of its steps. Write $workflows.<workflowId>.outputs.<output> or $workflows.<workflowId>.inputs.<input>.",
        "$components.parameter.a @12: expected a kind of component after "$components.", found "parameter". Did you mean "parameters"?",
      ]
    `)
  })

  test('of warnings say what was read and what to write', () => {
    const { warnings } = parseExpression('$Steps.a.list[0].y')
    expect(warnings).toMatchInlineSnapshot(`
      [
        {
          "hint": "Write $steps.a.outputs.list#/0/y.",
          "message": ""$Steps" is read as "$steps"",
          "offset": 0,
        },
        {
          "hint": "Write $steps.a.outputs.list#/0/y.",
          "message": ""[0].y" is read as the JSON Pointer "/0/y"",
          "offset": 0,
        },
        {
          "hint": "Write $steps.a.outputs.list#/0/y.",
          "message": ""a.list[0].y" lacks ".outputs." and is read as an output",
          "offset": 0,
        },
      ]
    `)
  })
})
