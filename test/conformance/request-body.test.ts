import { expect } from 'vitest'
import { openapi } from '../builders/project.ts'
import { section, type Version } from './rule.ts'
import { accepted, refused, run, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Request Body Object')

const send = async (version: Version, requestBody: object, inputs: Record<string, unknown> = {}, files = {}) => {
  const ran = await run(version, { steps: [step('a', { operationId: 'postThing', requestBody })], files, inputs })
  if (ran.report.state !== 'passed') throw new Error(ran.report.because)
  return ran.seen[0]!
}
const taking = (...types: string[]) => ({
  'api.json': openapi({
    postThing: ['post', '/thing', { requestBody: { content: Object.fromEntries(types.map(type => [type, {}])) } }],
  }),
})

executed('contentType is the Content-Type of the request', { field: 'contentType' }, async version => {
  const { headers, body } = await send(version, { contentType: 'application/vnd.shop+json', payload: { a: 1 } })
  expect(headers['content-type']).toBe('application/vnd.shop+json')
  expect(body).toBe('{"a":1}')
})

executed(
  "without it the operation's decides how the body is written",
  { field: 'contentType', decides: 'content-type-default' },
  async version => {
    const form = await send(version, { payload: { a: 1, b: 'x y' } }, {}, taking('application/x-www-form-urlencoded'))
    expect(form.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(form.body).toMatch(/^a=1&b=x(%20|\+)y$/)
    const json = await send(version, { payload: { a: 1 } }, {}, taking('application/xml', 'application/json'))
    expect(json.headers['content-type']).toBe('application/json')
  },
)

executed(
  'without both, structures are JSON and text is text',
  { field: 'contentType', decides: 'content-type-default' },
  async version => {
    expect((await send(version, { payload: [1] })).headers['content-type']).toBe('application/json')
    expect((await send(version, { payload: 'hello' })).headers['content-type']).toBe('text/plain')
  },
)

/* ---- payload ---- */

executed('payload may be any literal value', { field: 'payload' }, async version => {
  for (const payload of [{ a: [1, { b: null }] }, [1, 2], 5, true, { text: 'a "quoted" text' }]) {
    const { body } = await send(version, { contentType: 'application/json', payload })
    expect(JSON.parse(body)).toEqual(payload)
  }
})

executed('payload may be an expression, and keeps its type', { field: 'payload', level: 'MUST' }, async version => {
  const petOrderRequest = { petId: 7, tags: ['a'] }
  const { body } = await send(
    version,
    { contentType: 'application/json', payload: '$inputs.petOrderRequest' },
    { petOrderRequest },
  )
  expect(JSON.parse(body)).toEqual(petOrderRequest)
})

executed('expressions are evaluated wherever they stand in it', { field: 'payload', level: 'MUST' }, async version => {
  const payload = {
    petOrder: { petId: '$inputs.pet_id', couponCode: '$inputs.coupon_code', status: 'placed', complete: false },
    list: ['$inputs.pet_id', { deep: 'no. {$inputs.pet_id}' }],
  }
  const { body } = await send(version, { contentType: 'application/json', payload }, { pet_id: 5, coupon_code: 'C' })
  expect(JSON.parse(body)).toEqual({
    petOrder: { petId: 5, couponCode: 'C', status: 'placed', complete: false },
    list: [5, { deep: 'no. 5' }],
  })
})

executed(
  'an embedded expression is text, also as the whole string',
  { field: 'payload', decides: 'whole-interpolation' },
  async version => {
    const { body } = await send(
      version,
      { contentType: 'application/json', payload: { n: '{$inputs.n}', m: '$inputs.n' } },
      { n: 5 },
    )
    expect(JSON.parse(body)).toEqual({ n: '5', m: 5 })
  },
)

executed(
  'a member without a value is left out, null stays',
  { field: 'payload', decides: 'missing-values' },
  async version => {
    const payload = { none: '$inputs.none', null: '$inputs.null', list: ['$inputs.none', 1] }
    const { body } = await send(version, { contentType: 'application/json', payload }, { null: null })
    expect(JSON.parse(body)).toEqual({ null: null, list: [null, 1] })
  },
)

executed(
  'a payload may contain Selector Objects',
  { only: '1.1.0', field: 'payload', level: 'MUST' },
  async version => {
    const xml = '<Invoice><Header><InvoiceNumber>42</InvoiceNumber></Header></Invoice>'
    const payload = {
      invoiceId: {
        context: '$inputs.xml',
        selector: '/Invoice/Header/InvoiceNumber',
        type: { type: 'xpath', version: 'xpath-30' },
      },
      first: { context: '$inputs.list', selector: '$[0]', type: 'jsonpath' },
    }
    const { body } = await send(version, { contentType: 'application/json', payload }, { xml, list: [{ a: 1 }] })
    expect(JSON.parse(body)).toEqual({ invoiceId: '42', first: { a: 1 } })
  },
)

const isData = async (version: '1.0.1' | '1.1.0') => {
  const payload = { filter: { context: 'all', selector: '$.a', type: 'jsonpath' } }
  const { body } = await send(version, { contentType: 'application/json', payload })
  expect(JSON.parse(body)).toEqual(payload)
}

executed('in 1.0 such objects are data', { only: '1.0.1', field: 'payload', decides: 'selectors-in-1.0' }, isData)

executed(
  'so is, in 1.1, an object whose context is no expression',
  { only: '1.1.0', field: 'payload', decides: 'selectors-as-data' },
  isData,
)

executed(
  'JSON may be written as text with embedded expressions',
  { field: 'payload', decides: 'json-templates' },
  async version => {
    const payload = `{
  "petOrder": {
    "petId": "{$inputs.pet_id}",
    "note": "{$inputs.note}",
    "quantity": {$inputs.quantity},
    "complete": false
  }
}`
    const { body } = await send(
      version,
      { contentType: 'application/json', payload },
      { pet_id: 5, note: 'a "b"\n\\', quantity: 3 },
    )
    expect(JSON.parse(body)).toEqual({ petOrder: { petId: '5', note: 'a "b"\n\\', quantity: 3, complete: false } })
  },
)

executed(
  'a structure in such a text becomes JSON',
  { field: 'payload', level: 'MUST', decides: 'json-templates' },
  async version => {
    const customer = { name: 'Ada', tags: ['x'] }
    const payload = '{ "bare": {$inputs.customer}, "quoted": "{$inputs.customer}", "inside": "is {$inputs.customer}" }'
    const { body } = await send(version, { contentType: 'application/json', payload }, { customer })
    expect(JSON.parse(body)).toEqual({ bare: customer, quoted: customer, inside: `is ${JSON.stringify(customer)}` })
  },
)

executed('XML is written as text with embedded expressions', { field: 'payload' }, async version => {
  const payload = '<petOrder><petId>{$inputs.pet_id}</petId><complete>false</complete></petOrder>'
  const { body, headers } = await send(version, { contentType: 'application/xml', payload }, { pet_id: 5 })
  expect(headers['content-type']).toBe('application/xml')
  expect(body).toBe('<petOrder><petId>5</petId><complete>false</complete></petOrder>')
})

executed('XML from elsewhere is embedded as it is', { field: 'payload', decides: 'xml-templates' }, async version => {
  const payload = '<all>{$inputs.part}</all>'
  const { body } = await send(version, { contentType: 'application/xml', payload }, { part: '<a b="1">x</a>' })
  expect(body).toBe('<all><a b="1">x</a></all>')
})

executed('form data is an object of fields', { field: 'payload', decides: 'form-fields' }, async version => {
  const payload = {
    client_id: '$inputs.clientId',
    scope: '$inputs.scope',
    list: [1, 2],
    map: { a: 1 },
    none: '$inputs.none',
  }
  const { body } = await send(
    version,
    { contentType: 'application/x-www-form-urlencoded', payload },
    { clientId: 'a&b', scope: 'read write' },
  )
  expect([...new URLSearchParams(body)]).toEqual([
    ['client_id', 'a&b'],
    ['scope', 'read write'],
    ['list', '1'],
    ['list', '2'],
    ['map', '{"a":1}'],
  ])
})

executed(
  'or text with embedded expressions, whose values are encoded',
  { field: 'payload', decides: 'form-templates' },
  async version => {
    const payload = 'client_id={$inputs.clientId}&redirect_uri={$inputs.redirectUri}&fixed=a%20b'
    const inputs = { clientId: 'a&b', redirectUri: 'https://x.example/cb?a=1' }
    const { body } = await send(version, { contentType: 'application/x-www-form-urlencoded', payload }, inputs)
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      client_id: 'a&b',
      redirect_uri: 'https://x.example/cb?a=1',
      fixed: 'a b',
    })
  },
)

executed('other text is sent as it is', { field: 'payload' }, async version => {
  const { body } = await send(
    version,
    { contentType: 'text/csv', payload: 'id;name\n{$inputs.id};{name}\n' },
    { id: 1 },
  )
  expect(body).toBe('id;name\n1;{name}\n')
})

executed('what was evaluated is not evaluated again', { field: 'payload' }, async version => {
  const { body } = await send(
    version,
    { contentType: 'application/json', payload: { a: '$inputs.a', b: 'x{$inputs.a}' } },
    { a: '{$inputs.b}', b: 'bad' },
  )
  expect(JSON.parse(body)).toEqual({ a: '{$inputs.b}', b: 'x{$inputs.b}' })
})

executed('without a payload there is no body', { field: 'payload' }, async version => {
  const { body } = await send(version, { contentType: 'application/json' })
  expect(body).toBe('')
})

executed('replacements are made in the payload', { field: 'replacements' }, async version => {
  const requestBody = {
    contentType: 'application/json',
    payload: { a: 1, b: 2 },
    replacements: [{ target: '/b', value: 3 }],
  }
  expect((await send(version, requestBody)).body).toBe('{"a":1,"b":3}')
})

isRefused('contentType is text, replacements are a list', { field: ['contentType', 'replacements'] }, async version => {
  const parts = (requestBody: object) => ({ steps: [step('a', { operationId: 'postThing', requestBody })] })
  expect(await refused(version, parts({ contentType: 1 }))).toEqual(['wrong-type'])
  expect(await refused(version, parts({ replacements: { target: '/a', value: 1 } }))).toEqual(['wrong-type'])
})

isRead('extensions are accepted, other fields are not', {}, async version => {
  const parts = (requestBody: object) => ({ steps: [step('a', { operationId: 'postThing', requestBody })] })
  await accepted(version, parts({ payload: 1, 'x-note': 1 }))
  expect(await refused(version, parts({ payload: 1, encoding: {} }))).toEqual(['unknown-field'])
})
