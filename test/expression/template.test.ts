import { describe, expect, test } from 'vitest'
import type { Template } from '../../src/expression/ast.ts'
import type { ExpressionError, Warning } from '../../src/expression/expression-error.ts'
import { parseTemplate } from '../../src/expression/template.ts'

/** A template in short: expressions in angle brackets. */
function sketch(template: Template): unknown {
  switch (template.kind) {
    case 'literal':
      return template.value
    case 'expression':
      return `<${template.text}>`
    case 'text':
      return template.parts.map(part => (typeof part === 'string' ? part : `<${part.text}>`))
    case 'selector':
      return template
    case 'array':
      return template.items.map(sketch)
    case 'object':
      return Object.fromEntries(template.members.map(([name, value]) => [name, sketch(value)]))
  }
}

const read = (value: unknown) => sketch(parseTemplate(value))

describe('a string', () => {
  test.each([
    '$inputs.username',
    '$url',
    '$statusCode',
    '$self',
    '$inputs.x-store-id',
    '$response.body#/a/{b}',
    '$sourceDescriptions.a.b c',
  ])('%s is an expression', text => {
    expect(read(text)).toBe(`<${text}>`)
  })

  test('keeps being one with white space behind it, as YAML block scalars leave it', () => {
    expect(read('$inputs.order\n')).toBe('<$inputs.order>')
    expect(read('$inputs.order  \n\n')).toBe('<$inputs.order>')
  })

  test.each([
    ['$inputs.', 8],
    ['$inputs', 7],
    ['$inputs.a b', 0],
    ['$inputs.host/path', 0],
    ['  $inputs.host', 2],
    ['\n  $inputs.order\n', 3],
    ['$steps.a', 8],
    ['$statusCode.x', 11],
    ['$response.header.', 17],
  ])('%j begins like an expression and is none: it is literal, with a warning', (text, offset) => {
    const warnings: Warning[] = []
    const template = parseTemplate(text, { onWarning: warning => warnings.push(warning) })
    expect(template).toEqual({ kind: 'literal', value: text })
    expect(warnings).toMatchObject([{ offset, message: expect.stringContaining('is taken as text') }])
  })

  test('with other expressions embedded it is text', () => {
    expect(read('$inputs.host/{$inputs.path}')).toEqual(['$inputs.host/', '<$inputs.path>'])
  })

  test.each(['$inputs', '$inputs.a b', '$steps.a'])('where only an expression can stand, %s is a mistake', text => {
    expect(() => parseTemplate(text, { isSelector: true })).toThrow(
      expect.objectContaining({ name: 'ExpressionError' }),
    )
  })

  test('names that are declared end where they end, whatever they hold', () => {
    const names = {
      inputs: ['a/b c', 'a/b', 'x y'],
      steps: ['Plan a Trip: 1'],
      workflows: ['Book it!'],
      workflowInputs: ['a/b'],
      sources: ['my api'],
    }
    const parsed = (text: string) => parseTemplate(text, { names })
    const expression = (text: string) => (parsed(text) as Extract<Template, { kind: 'expression' }>).expression
    expect(expression('$steps.Plan a Trip: 1.outputs.v')).toMatchObject({ stepId: 'Plan a Trip: 1', output: 'v' })
    expect(expression('$steps.Plan a Trip: 1.outputs.v#/0/id')).toMatchObject({
      output: 'v',
      pointer: { text: '/0/id' },
    })
    expect(expression('$inputs.a/b')).toMatchObject({ kind: 'inputs', name: 'a/b' })
    expect(expression('$inputs.a/b c')).toMatchObject({ name: 'a/b c' })
    expect(expression('$inputs.a/b#/c')).toMatchObject({ name: 'a/b', pointer: { text: '/c' } })
    expect(expression('$workflows.Book it!.outputs.v')).toMatchObject({
      workflowId: 'Book it!',
      field: 'outputs',
      name: 'v',
    })
    expect(expression('$workflows.plain.inputs.a/b')).toMatchObject({ workflowId: 'plain', name: 'a/b' })
    expect(expression('$workflows.plain.inputs.c')).toMatchObject({ workflowId: 'plain', name: 'c' })
    expect(expression('$sourceDescriptions.my api.url')).toMatchObject({ source: 'my api', reference: 'url' })
    expect(sketch(parsed('is {$inputs.a/b} of {$steps.Plan a Trip: 1.outputs.v}'))).toEqual([
      'is ',
      '<$inputs.a/b>',
      ' of ',
      '<$steps.Plan a Trip: 1.outputs.v>',
    ])
    for (const text of ['$inputs.a/bc', '$inputs.a/b d', '$steps.Plan a Trip: 1', '$inputs.other/b'])
      expect(parsed(text)).toEqual({ kind: 'literal', value: text })
  })

  test.each([
    '',
    'plain',
    '$5.00',
    '$',
    '$$',
    '$ref',
    '$ref.a',
    '$.store.book[*]',
    '$[?count(@.pets) > 0]',
    '$urls',
    '$url/path',
    '$method of payment',
    '$inputsx.a',
    '{}',
    '{"a": {"b": "$1"}}',
    '{$ref: x}',
    '{$.a}',
    '${inputs.name}',
    '{{name}}',
    '^2\\d{2}$',
    '~1pets~1{id}',
  ])('%s is literal', text => {
    expect(parseTemplate(text)).toEqual({ kind: 'literal', value: text })
  })

  test.each([
    ['{$inputs.n}', ['<$inputs.n>']],
    ['Bearer {$steps.login.outputs.token}', ['Bearer ', '<$steps.login.outputs.token>']],
    [
      'https://{$inputs.host}/api/{$steps.create.outputs.id}/status',
      ['https://', '<$inputs.host>', '/api/', '<$steps.create.outputs.id>', '/status'],
    ],
    ['{$inputs.a}{$inputs.b}', ['<$inputs.a>', '<$inputs.b>']],
    ['{{$inputs.a}}', ['{', '<$inputs.a>', '}']],
    ['{"pet": "{$inputs.pet_id}", "tags": {}}', ['{"pet": "', '<$inputs.pet_id>', '", "tags": {}}']],
    ['{$inputs.customer#/firstName}', ['<$inputs.customer#/firstName>']],
    ['<id>{$response.body#/first name}</id>', ['<id>', '<$response.body#/first name>', '</id>']],
    [
      '{$sourceDescriptions.petstore.url}#/paths/~1pets/get',
      ['<$sourceDescriptions.petstore.url>', '#/paths/~1pets/get'],
    ],
    [
      '{$sourceDescriptions.a.url}#/paths/~1pets~1{id}/get',
      ['<$sourceDescriptions.a.url>', '#/paths/~1pets~1{id}/get'],
    ],
    ['{$request.query.page size}', ['<$request.query.page size>']],
    ['{$url}{$ref}', ['<$url>', '{$ref}']],
  ])('%s is text with expressions', (text, parts) => {
    expect(read(text)).toEqual(parts)
  })

  test.each([
    ['a {$inputs.b', 12],
    ['a {$inputs.b c}', 12],
    ['a {$inputs}', 10],
    ['{$response.body#/~2}', 17],
  ])('%s is a mistake at %i', (text, offset) => {
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ name: 'ExpressionError', offset }))
  })
})

describe('other values', () => {
  test.each([null, 1, true, undefined, {}, [], { a: { b: [1, 'two', null] } }])(
    '%j without expressions is one literal',
    value => {
      const template = parseTemplate(value)
      expect(template).toEqual({ kind: 'literal', value })
      expect((template as { value: unknown }).value).toBe(value)
    },
  )

  test('are read all through', () => {
    const payload = {
      petOrder: { petId: '$inputs.pet_id', tags: ['new', '{$inputs.tag}!'], status: 'placed', complete: false },
    }
    expect(read(payload)).toEqual({
      petOrder: { petId: '<$inputs.pet_id>', tags: ['new', ['<$inputs.tag>', '!']], status: 'placed', complete: false },
    })
  })

  test('keep members of any name', () => {
    const template = parseTemplate(JSON.parse('{"__proto__": "$inputs.a", "constructor": 1}'))
    expect(template).toMatchObject({
      kind: 'object',
      members: [
        ['__proto__', { kind: 'expression' }],
        ['constructor', { value: 1 }],
      ],
    })
  })

  test('names of members are no templates', () => {
    expect(read({ '{$inputs.a}': '$inputs.b' })).toEqual({ '{$inputs.a}': '<$inputs.b>' })
  })
})

describe('Selector Objects', () => {
  const selector = { context: '$response.body', selector: '$.user.profile.email', type: 'jsonpath' }

  test('are read where they are allowed', () => {
    expect(parseTemplate({ email: selector }, { selectors: true })).toMatchObject({
      members: [
        [
          'email',
          {
            kind: 'selector',
            context: { text: '$response.body' },
            selector: '$.user.profile.email',
            type: { type: 'jsonpath', version: 'rfc9535' },
          },
        ],
      ],
    })
    expect(read({ email: selector })).toMatchObject({ email: { selector: '$.user.profile.email' } })
  })

  test('may name a version and embed expressions', () => {
    const versioned = {
      context: '$steps.fetchXml.outputs.invoiceXml',
      selector: '/Invoice[@id="{$inputs.id}"]',
      type: { type: 'xpath', version: 'xpath-30' },
    }
    expect(parseTemplate(versioned, { selectors: true })).toMatchObject({
      kind: 'selector',
      selector: { parts: ['/Invoice[@id="', { text: '$inputs.id' }, '"]'] },
      type: { type: 'xpath', version: 'xpath-30' },
    })
  })

  test.each([
    { context: 'somewhere', selector: '$.a', type: 'jsonpath' },
    { context: '$response.body', selector: '$.a' },
    { context: '$response.body', selector: 1, type: 'jsonpath' },
    { ...selector, extra: 1 },
  ])('%j is data', value => {
    expect(parseTemplate(value, { selectors: true }).kind).not.toBe('selector')
  })

  test.each([
    [{ ...selector, type: 'jsonpaht' }, 'type'],
    [{ ...selector, type: { type: 'jsonpath', version: 'rfc1' } }, 'version'],
    [{ ...selector, type: { type: 'jsonpath' } }, 'version'],
    [{ ...selector, context: '$response.' }, 'context'],
    [{ ...selector, selector: '$.a[' }, 'selector'],
    [{ ...selector, selector: '/a[', type: 'xpath' }, 'selector'],
    [{ ...selector, selector: 'a/b', type: 'jsonpointer' }, 'selector'],
  ])('%j has a mistake in %s', (value, field) => {
    expect(() => parseTemplate({ a: [value] }, { selectors: true })).toThrow(
      expect.objectContaining({ name: 'ExpressionError', field, path: ['a', 0] }),
    )
  })
})

test('every mistake in a value is reported with its path when asked', () => {
  const errors: ExpressionError[] = []
  const value = { a: '{$inputs.}', b: ['ok', '{$steps.x}', '$inputs.ok'] }
  const template = parseTemplate(value, { onError: error => errors.push(error) })
  expect(errors.map(({ path, offset }) => [path, offset])).toEqual([
    [['a'], 9],
    [['b', 1], 9],
  ])
  expect(sketch(template)).toEqual({ a: '{$inputs.}', b: ['ok', '{$steps.x}', '<$inputs.ok>'] })
})

test('what is hardly meant as text is warned of', () => {
  const warnings: Warning[] = []
  const values = [
    'Bearer $inputs.token',
    'a={$inputs.a}&scope=$inputs.scope}',
    '{ $inputs.x }',
    '$input.name',
    '$step.a.b',
    '$steps.a.b',
    '$ref.a',
  ]
  parseTemplate(values, { onWarning: warning => warnings.push(warning) })
  expect(
    warnings.map(({ path, offset, message, hint }) => `${path?.join()} @${offset}: ${message}. ${hint}`),
  ).toMatchInlineSnapshot(`
    [
      "0 @7: "$inputs.token" stands in the middle of text without braces and is taken as text. Write {$inputs.token} to embed it.",
      "1 @20: "$inputs.scope" stands in the middle of text without braces and is taken as text. Write {$inputs.scope} to embed it.",
      "2 @2: "$inputs.x" stands in the middle of text without braces and is taken as text. Write {$inputs.x} to embed it.",
      "3 @0: "$input" starts no expression and is taken as text. Did you mean "$inputs"?",
      "4 @0: "$step" starts no expression and is taken as text. Did you mean "$steps"?",
      "5 @0: "a.b" lacks ".outputs." and is read as an output. Write $steps.a.outputs.b.",
    ]
  `)
})
