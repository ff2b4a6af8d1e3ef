import { expect, test } from 'vitest'
import { API, documentOf, problemsOf } from './reading.ts'

const flow = (outputs: string, { version = '1.1.0', more = '' } = {}) => ({
  'api.yaml': API,
  'main.yaml': `arazzo: ${version}
info: { title: test, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.yaml, type: openapi }]
workflows:
  - workflowId: main
    steps:
      - stepId: list
        operationId: listItems
        outputs: ${outputs}
${more}`,
})

const problems = async (outputs: string, options?: Parameters<typeof flow>[1]) =>
  (await problemsOf(flow(outputs, options))).replaceAll('main.yaml:', '')

test.each([
  `{ a: { context: $response.header.link, x-extract: { regex: 'page=(\\d+)' } } }`,
  `{ a: { context: $response.body#/next, x-extract: { regex: '(.*)', decode: url } } }`,
  `{ a: $response.cookie.csrftoken, b: 'x {$response.cookie.b}' }`,
])('both versions know %s', async outputs => {
  for (const version of ['1.0.1', '1.1.0']) expect(await problems(outputs, { version })).toBe('')
})

test('a Selector Object may have it too, as an output and as a value', async () => {
  const selector = `{ context: $response.body, selector: //a, type: xpath, x-extract: { regex: (b) } }`
  expect(await problems(`{ a: ${selector} }`)).toBe('')
  const more = `      - { stepId: next, operationId: listItems, parameters: [{ name: page, in: query, value: { context: $steps.list.outputs.a, selector: '', type: jsonpointer, x-extract: { regex: (b } } }] }`
  expect(await problems('{ a: $response.body }', { more })).toMatch(/^10:.*expected a regular expression/m)
})

test.each([
  ['5', '9:68 error invalid-expression: Failed to read output "a" of step "list": expected'],
  ['{}', '"regex" in x-extract: it is not a text. Write such as `x-extract'],
  [
    '{ regx: (a) }',
    '9:76 error invalid-expression: Failed to read output "a" of step "list": "regx" in x-extract: there is no such key. Did you mean "regex"?',
  ],
  [
    '{ regex: (a), decode: uri }',
    '9:90 error invalid-expression: Failed to read output "a" of step "list": "decode" in x-extract: "uri" is not one of its values. Did you mean "url"?',
  ],
  [
    '{ regex: "(a" }',
    '9:78 error invalid-expression: Failed to read output "a" of step "list": expected a regular expression, found "(a" (missing closing ): "(a")',
  ],
  ['{ regex: "a(?=b)(c)" }', 'expected a regular expression, found "a(?=b)(c)" (invalid or unsupported Perl syntax'],
  [
    '{ regex: "page=\\\\d+" }',
    '9:78 error invalid-expression: Failed to read output "a" of step "list": expected a regular expression with a group, found "page=\\\\d+". Put parentheses around the text to take',
  ],
  ['{ regex: "(?:a)" }', 'expected a regular expression with a group'],
])('x-extract: %s', async (extract, expected) => {
  for (const version of ['1.0.1', '1.1.0'])
    expect(await problems(`{ a: { context: $response.header.link, x-extract: ${extract} } }`, { version })).toContain(
      expected,
    )
})

test.each([
  [
    '{ a: $response.cookies.x }',
    /9:\d+ error .*expected a part of the response, found "cookies"\. Did you mean "cookie"\?/,
  ],
  [
    '{ a: $response.cookie }',
    /9:\d+ error .*expected "\." and the name of a cookie after "\$response\.cookie", found the end/,
  ],
  ['{ a: $request.cookie.x }', /9:\d+ error .*expected a part of the request, found "cookie"/],
  ['{ a: { context: $response.headers.link, x-extract: { regex: (a) } } }', /9:44 error .*Did you mean "header"\?/],
  ['{ a: { context: link, x-extract: { regex: (a) } } }', /9:34 error .*expected an expression that starts with "\$"/],
  ['{ a: { context: $steps.none.outputs.b, x-extract: { regex: (a) } } }', /9:34 error undefined-step/],
  ['{ a: { x-extract: { regex: (a) } } }', /9:\d+ error .*`context`/],
  ['{ a: { context: $response.body, x-extrat: { regex: (a) } } }', /Did you mean `x-extract`\?/],
  ['{ a: { context: $response.body, regex: (a), x-extract: { regex: (a) } } }', /9:\d+ error .*`regex`/],
  ['{ a: { context: $response.body, selector: /a, x-extract: { regex: (a) } } }', /9:\d+ error .*`type`/],
])('%s', async (outputs, expected) => {
  expect(await problems(outputs)).toMatch(expected)
})

test('a Selector Object with it came with 1.1 all the same', async () => {
  const outputs = '{ a: { context: $response.body, selector: /a, type: jsonpointer, x-extract: { regex: (a) } } }'
  expect(await problems(outputs, { version: '1.0.1' })).toMatch(
    /9:\d+ error newer-field: .*a Selector Object came with Arazzo 1\.1/,
  )
})

test('elsewhere it means nothing, which is a warning with the place to move it to', async () => {
  const more = '        x-extract: { a: { regex: (b) } }\n'
  expect(await problems('{ a: $response.body }', { more })).toMatch(
    /^10:9 warning unknown-extension: .*`x-extract` is not read there\. Move it to an output: `outputs:/,
  )
})

test('a cookie of a response that is not there yet is a warning', async () => {
  const more = '        parameters: [{ name: page, in: query, value: $response.cookie.a }]\n'
  expect(await problems('{}', { more })).toMatch(
    /warning unavailable-value: Failed to resolve \$response\.cookie\.a: the step has no response yet/,
  )
})

test('an x-extract that was read has all its fields', async () => {
  const outputs = `{ a: { context: $response.header.link, x-extract: { regex: "(a)\\n", decode: url } } }`
  const [output] = (await documentOf(flow(outputs))).workflows[0]!.steps[0]!.outputs
  expect(output!.value).toMatchObject({
    kind: 'extract',
    of: { kind: 'expression' },
    extract: { regex: '(a)', isUrl: true },
  })
})
