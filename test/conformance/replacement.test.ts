import { expect } from 'vitest'
import { section, type Version } from './rule.ts'
import { accepted, read, refused, run, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Payload Replacement Object')

const parts = (requestBody: object) => ({ steps: [step('a', { operationId: 'postThing', requestBody })] })
const json = (payload: unknown, ...replacements: object[]) =>
  parts({ contentType: 'application/json', payload, replacements })

const sent = async (version: Version, document: Parameters<typeof run>[1], inputs: Record<string, unknown> = {}) => {
  const { report, seen } = await run(version, { ...document, inputs })
  if (report.state !== 'passed') throw new Error(report.because)
  return seen[0]!.body
}
const sentJson = async (...parameters: Parameters<typeof sent>) => JSON.parse(await sent(...parameters))

isRefused('target and value are required', { field: ['target', 'value'], level: 'MUST' }, async version => {
  expect(await refused(version, json({}, { value: 1 }))).toEqual(['missing-field'])
  expect(await refused(version, json({}, { target: '/a' }))).toEqual(['missing-field'])
})

executed('a target in JSON is a JSON Pointer', { field: 'target', level: 'MUST' }, async version => {
  const payload = { a: { b: [1, 2] }, 'c/d': 0, '~': 0 }
  const replaced = await sentJson(
    version,
    json(payload, { target: '/a/b/1', value: 9 }, { target: '/c~1d', value: 1 }, { target: '/~0', value: 2 }),
  )
  expect(replaced).toEqual({ a: { b: [1, 9] }, 'c/d': 1, '~': 2 })
})

executed('also in JSON of another name', { field: 'target' }, async version => {
  const document = parts({
    contentType: 'application/problem+json',
    payload: { a: 1 },
    replacements: [{ target: '/a', value: 2 }],
  })
  expect(await sentJson(version, document)).toEqual({ a: 2 })
})

executed('a value may be a constant of any type', { field: 'value', decides: 'schema-against-text' }, async version => {
  for (const value of ['text', 10, true, null, [1], { a: 1 }])
    expect(await sentJson(version, json({ x: 0 }, { target: '/x', value }))).toEqual({ x: value })
})

executed('a value may be an expression, and keeps its type', { field: 'value' }, async version => {
  const document = json(
    { x: 0, y: 0 },
    { target: '/x', value: '$inputs.pet_id' },
    { target: '/y', value: 'no. {$inputs.pet_id}' },
  )
  expect(await sentJson(version, document, { pet_id: 5 })).toEqual({ x: 5, y: 'no. 5' })
})

executed('a value may be a Selector Object', { only: '1.1.0', field: 'value' }, async version => {
  const value = { context: '$inputs.stock', selector: '$.newQuantity', type: 'jsonpath' }
  expect(await sentJson(version, json({ q: 1 }, { target: '/q', value }), { stock: { newQuantity: 7 } })).toEqual({
    q: 7,
  })
})

executed('replacements are made in order', { field: 'target' }, async version => {
  const document = json(
    { a: 1 },
    { target: '/a', value: { b: 1 } },
    { target: '/a/b', value: 2 },
    { target: '/a/c', value: 3 },
  )
  expect(await sentJson(version, document)).toEqual({ a: { b: 2, c: 3 } })
})

executed('they are made in what an expression yields, and leave that as it is', { field: 'target' }, async version => {
  const order = { id: 1, lines: [{ n: 1 }] }
  const { seen } = await run(version, {
    steps: ['a', 'b'].map(id =>
      step(id, {
        operationId: 'postThing',
        requestBody: {
          contentType: 'application/json',
          payload: '$inputs.order',
          ...(id === 'a' && { replacements: [{ target: '/lines/0/n', value: 5 }] }),
        },
      }),
    ),
    inputs: { order },
  })
  expect(seen.map(({ body }) => JSON.parse(body))).toEqual([{ id: 1, lines: [{ n: 5 }] }, order])
})

executed('they are made in JSON that is written as text', { field: 'target' }, async version => {
  const document = json('{ "a": "{$inputs.a}", "b": 1 }', { target: '/b', value: 2 })
  expect(await sentJson(version, document, { a: 'x' })).toEqual({ a: 'x', b: 2 })
})

executed('a target that does not exist yet is made', { field: 'target', decides: 'missing-targets' }, async version => {
  const document = json(
    { list: [1] },
    { target: '/new', value: 1 },
    { target: '/deep/er/place', value: 2 },
    { target: '/list/-', value: 3 },
    { target: '/list/2', value: 4 },
    { target: '/made/0/n', value: 5 },
  )
  expect(await sentJson(version, document)).toEqual({
    list: [1, 3, 4],
    new: 1,
    deep: { er: { place: 2 } },
    made: [{ n: 5 }],
  })
})

executed(
  'one that cannot be made fails the step before anything is sent',
  { field: 'target', level: 'MUST', decides: 'missing-targets' },
  async version => {
    for (const target of ['/a/b', '/list/7', '/list/x']) {
      const { report, requests } = await run(version, json({ a: 'text', list: [1] }, { target, value: 1 }))
      expect(requests).toEqual([])
      expect(report.because).toContain(`Failed to replace ${target}`)
    }
  },
)

executed(
  'XML that cannot represent a value is not sent',
  { field: 'value', decides: 'missing-targets' },
  async version => {
    const document = parts({
      contentType: 'application/xml',
      payload: '<order><pet/></order>',
      replacements: [{ target: '/order/pet', value: '$inputs.pet' }],
    })
    const { report, requests } = await run(version, { ...document, inputs: { pet: 'half of \ud83d' } })
    expect(requests).toEqual([])
    expect(report.because).toContain('a character that it has no words for')
  },
)

executed('a target in XML is an XPath', { field: 'target', level: 'MUST' }, async version => {
  for (const contentType of ['application/xml', 'text/xml', 'application/soap+xml']) {
    const document = parts({
      contentType,
      payload: '<order id="1"><pet>a</pet><note/></order>',
      replacements: [
        { target: '/order/pet', value: '$inputs.pet' },
        { target: '/order/@id', value: 7 },
      ],
    })
    expect(await sent(version, document, { pet: 'b & c' })).toBe('<order id="7"><pet>b &amp; c</pet><note/></order>')
  }
})

executed(
  'an XPath has to select something',
  { field: 'target', level: 'MUST', decides: 'missing-targets' },
  async version => {
    const document = parts({
      contentType: 'application/xml',
      payload: '<a/>',
      replacements: [{ target: '/a/b', value: 1 }],
    })
    const { report, requests } = await run(version, document)
    expect(requests).toEqual([])
    expect(report.because).toContain('expected a node at /a/b, found none')
  },
)

executed(
  'targetSelectorType jsonpath: every node that is selected is set',
  { only: '1.1.0', field: 'targetSelectorType', level: 'MUST' },
  async version => {
    const items = [
      { sku: 'ABC123', quantity: 1 },
      { sku: 'X', quantity: 1 },
      { sku: 'ABC123', quantity: 1 },
    ]
    const target = "$.items[?(@.sku=='ABC123')].quantity"
    const document = json({ items }, { target, targetSelectorType: 'jsonpath', value: 9 })
    expect((await sentJson(version, document)).items.map((item: { quantity: number }) => item.quantity)).toEqual([
      9, 1, 9,
    ])
  },
)

executed(
  'targetSelectorType jsonpointer and xpath say what is meant anyway',
  { only: '1.1.0', field: 'targetSelectorType' },
  async version => {
    expect(
      await sentJson(version, json({ a: 1 }, { target: '/a', targetSelectorType: 'jsonpointer', value: 2 })),
    ).toEqual({ a: 2 })
    const document = parts({
      contentType: 'application/xml',
      payload: '<a><b>1</b></a>',
      replacements: [{ target: '/a/b', targetSelectorType: 'xpath', value: 2 }],
    })
    expect(await sent(version, document)).toBe('<a><b>2</b></a>')
  },
)

executed(
  'targetSelectorType: an Expression Type Object chooses another version',
  { only: '1.1.0', field: 'targetSelectorType', level: 'MUST' },
  async version => {
    const goessner = { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' }
    expect(
      await sentJson(
        version,
        json({ a: [1, 2] }, { target: '$.a[(@.length-1)]', targetSelectorType: goessner, value: 9 }),
      ),
    ).toEqual({ a: [1, 9] })
    for (const name of ['xpath-30', 'xpath-10']) {
      const document = parts({
        contentType: 'application/xml',
        payload: '<Envelope><Header><CustomerId/></Header></Envelope>',
        replacements: [
          { target: '/Envelope/Header/CustomerId', targetSelectorType: { type: 'xpath', version: name }, value: 7 },
        ],
      })
      expect(await sent(version, document)).toContain('<CustomerId>7</CustomerId>')
    }
  },
)

executed(
  'a JSONPath that does not say so is read as one, with a warning',
  { field: 'target', decides: 'jsonpath-targets' },
  async version => {
    const document = json({ a: [1, 2] }, { target: '$.a[*]', value: 0 })
    expect((await read(version, document)).codes).toEqual(['(expression-form)'])
    expect(await sentJson(version, document)).toEqual({ a: [0, 0] })
  },
)

isRefused('a target is one of its type', { field: ['target', 'targetSelectorType'], level: 'MUST' }, async version => {
  expect(await refused(version, json({}, { target: 'a', value: 1 }))).toEqual(['invalid-expression'])
  expect(await refused(version, json({}, { target: '/a~2', value: 1 }))).toEqual(['invalid-expression'])
  const xml = parts({ contentType: 'application/xml', payload: '<a/>', replacements: [{ target: '/a[', value: 1 }] })
  expect(await refused(version, xml)).toEqual(['invalid-expression'])
  if (version === '1.0.1') return
  const replacement = { target: '$.a[', targetSelectorType: 'jsonpath', value: 1 }
  expect(await refused(version, json({}, replacement))).toEqual(['invalid-expression'])
  expect(await refused(version, json({}, { ...replacement, targetSelectorType: 'css' }))).toEqual(['invalid-value'])
})

executed(
  'in form data a target is a JSON Pointer, too',
  { field: 'target', decides: 'replacement-payloads' },
  async version => {
    const document = parts({
      contentType: 'application/x-www-form-urlencoded',
      payload: { a: 1, b: 2 },
      replacements: [
        { target: '/b', value: 'x y' },
        { target: '/c', value: 3 },
      ],
    })
    expect(Object.fromEntries(new URLSearchParams(await sent(version, document)))).toEqual({ a: '1', b: 'x y', c: '3' })
  },
)

executed(
  'in other text nothing can be replaced',
  { field: 'target', decides: 'replacement-payloads' },
  async version => {
    const document = parts({ contentType: 'text/plain', payload: 'hello', replacements: [{ target: '/b', value: 1 }] })
    const { report, requests } = await run(version, document)
    expect(requests).toEqual([])
    expect(report.because).toContain('Failed to replace /b')
  },
)

isRefused('1.0 has no targetSelectorType', { only: '1.0.1' }, async version => {
  expect(await refused(version, json({}, { target: '/a', targetSelectorType: 'jsonpointer', value: 1 }))).toEqual([
    'newer-field',
  ])
})

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, json({ a: 1 }, { target: '/a', value: 1, 'x-note': 1 }))
  expect(await refused(version, json({ a: 1 }, { target: '/a', value: 1, op: 'add' }))).toEqual(['unknown-field'])
})
