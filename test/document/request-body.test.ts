import { describe, expect, test } from 'vitest'
import { API, documentOf, oneWorkflow, problemsOf } from './reading.ts'

const step = (body: string, version = '1.1.0') =>
  oneWorkflow(`      - stepId: a\n        operationId: login\n        requestBody:\n${body}`, { version })

async function bodyOf(body: string, api = API) {
  const document = await documentOf({ ...step(body), 'api.yaml': api })
  return document.workflows[0]!.steps[0]!.requestBody
}

test('the payload, read', async () => {
  expect(
    await bodyOf('          contentType: application/json\n          payload: { a: $url, b: "x {$url}", c: [1] }\n'),
  ).toMatchObject({
    contentType: 'application/json',
    payload: {
      kind: 'object',
      members: [
        ['a', { kind: 'expression' }],
        ['b', { kind: 'text' }],
        ['c', { kind: 'literal', value: [1] }],
      ],
    },
    replacements: [],
    at: { line: 10, column: 9 },
  })
  expect(await bodyOf('          payload: null\n')).toMatchObject({ payload: { kind: 'literal', value: null } })
  expect(await bodyOf('          replacements: []\n')).not.toHaveProperty('payload')
})

describe('targets of replacements', () => {
  const replace = (target: string, contentType = 'application/json') =>
    `          contentType: ${contentType}\n          payload: {}\n          replacements: [{ target: ${target}, value: 1 }]\n`

  test.each([
    ['/a/b', 'application/json', 'jsonpointer'],
    ['/a/b', 'application/vnd.api+json; charset=utf-8', 'jsonpointer'],
    ['/a/b', 'application/x-www-form-urlencoded', 'jsonpointer'],
    ['/a/b', 'application/xml', 'xpath'],
    ['/a/b', 'application/soap+xml', 'xpath'],
  ])('%s in %s is a %s', async (target, contentType, type) => {
    const body = await bodyOf(replace(target, contentType))
    expect(body?.replacements).toMatchObject([
      { target, targetType: type, value: { kind: 'literal', value: 1 }, at: { line: 13, column: 36 } },
    ])
  })

  test('follow the operation where the step has no content type', async () => {
    const api = API.replace('operationId: login', 'operationId: login, requestBody: { content: { text/xml: {} } }')
    const body = await bodyOf('          replacements: [{ target: /a, value: 1 }]\n', api)
    expect(body?.replacements[0]?.targetType).toBe('xpath')
  })

  test('say their type', async () => {
    const body = await bodyOf(
      '          replacements: [{ target: $.a, targetSelectorType: jsonpath, value: 1 }, { target: //a, targetSelectorType: { type: xpath, version: xpath-10 }, value: 1 }]\n',
    )
    expect(body?.replacements).toMatchObject([
      { targetType: 'jsonpath', targetVersion: 'rfc9535' },
      { targetType: 'xpath', targetVersion: 'xpath-10' },
    ])
  })

  test('that cannot be read', async () => {
    const body = `          payload: {}
          replacements:
            - { target: a/b, value: 1 }
            - { target: $.a, value: $inputs. }
            - { target: '$.a[', targetSelectorType: jsonpath, value: 1 }
            - { target: /a~2, value: 1 }
`
    expect(await problemsOf(step(body))).toMatchInlineSnapshot(`
      "main.yaml:13:25 error invalid-expression: Failed to read replacement 1 of step "a": expected "/" at the start of a JSON Pointer, found "a". Write /a/b.
      main.yaml:14:25 warning expression-form: Failed to read replacement 2 of step "a": a target is a JSON Pointer unless it says otherwise; this one is read as JSONPath. Add \`targetSelectorType: jsonpath\`.
      main.yaml:14:45 warning expression-form: Failed to read replacement 2 of step "a": "$inputs." is taken as text: expected the name of an input after "$inputs.", found the end. Correct the expression, or leave it as it is if text is meant.
      main.yaml:15:30 error invalid-expression: Failed to read replacement 3 of step "a": expected a JSONPath (RFC 9535), found "$.a[" (unclosed bracketed selection). Write one such as \`$.items[?@.price > 10]\`; the older dialect is \`draft-goessner-dispatch-jsonpath-00\`.
      main.yaml:16:27 error invalid-expression: Failed to read replacement 4 of step "a": expected "~0" or "~1" in a JSON Pointer, found "~" alone. Write ~0 for "~" and ~1 for "/"."
    `)
    expect(
      await problemsOf(step('          replacements: [{ target: $.a, value: 1 }]\n', '1.0.1')),
    ).toMatchInlineSnapshot(
      `"main.yaml:11:36 warning expression-form: Failed to read replacement 1 of step "a": a target is a JSON Pointer unless it says otherwise; this one is read as JSONPath."`,
    )
  })
})
