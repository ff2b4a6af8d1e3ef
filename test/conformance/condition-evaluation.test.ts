import { expect } from 'vitest'
import type { Answer } from '../builders/server.ts'
import { section, type Version } from './rule.ts'
import { holds, judged, read, refused, run, step } from './run.ts'

const embedded = section('Runtime Expressions in Conditions')
const evaluation = section('Condition Evaluation')
const json = (value: unknown): Answer => ({ body: value })
const xml = (text: string): Answer => ({ body: text, headers: { 'content-type': 'application/xml' } })
const text = (body: string): Answer => ({ body, headers: { 'content-type': 'text/plain' } })

const passes = async (version: Version, criterion: object, answer: Answer, inputs = {}) =>
  (await judged(version, [{ context: '$response.body', ...criterion }], answer, { inputs })).passed

/* ---- expressions in conditions ---- */

embedded.executed('a simple condition uses them directly', {}, async version => {
  const more = { inputs: { threshold: 2 } }
  expect(await holds(version, '$response.body.count > $inputs.threshold', json({ count: 3 }), more)).toBe(true)
  expect(await holds(version, '$response.body.count > $inputs.threshold', json({ count: 2 }), more)).toBe(false)
})

embedded.executed('it may put them in braces, or into text', { decides: 'braced-conditions' }, async version => {
  const more = { inputs: { want: 'x', code: 200 } }
  expect(await holds(version, '{$statusCode} == {$inputs.code}', json({}), more)).toBe(true)
  expect(await holds(version, '{$statusCode == 200}', json({}), more)).toBe(true)
  expect(await holds(version, "$response.body#/a == 'is {$inputs.want}'", json({ a: 'is x' }), more)).toBe(true)
})

embedded.executed('a JSONPath embeds them in braces', { level: 'MUST' }, async version => {
  const criterion = { condition: '$[?(@.status == "{$inputs.expected}")]', type: 'jsonpath' }
  const answer = json([{ status: 'open' }])
  expect(await passes(version, criterion, answer, { expected: 'open' })).toBe(true)
  expect(await passes(version, criterion, answer, { expected: 'shut' })).toBe(false)
})

embedded.executed('an XPath embeds them in braces', { level: 'MUST' }, async version => {
  const criterion = { condition: '/root/items[price > {$inputs.min}]', type: 'xpath' }
  const answer = xml('<root><items><price>5</price></items></root>')
  expect(await passes(version, criterion, answer, { min: 4 })).toBe(true)
  expect(await passes(version, criterion, answer, { min: 5 })).toBe(false)
})

embedded.executed('a regex embeds them in braces', { level: 'MUST' }, async version => {
  const criterion = { context: '$response.body#/status', condition: '^({$inputs.pattern})$', type: 'regex' }
  expect(await passes(version, criterion, json({ status: 'open' }), { pattern: 'open|shut' })).toBe(true)
  expect(await passes(version, criterion, json({ status: 'opening' }), { pattern: 'open|shut' })).toBe(false)
})

embedded.read('without braces they are text there, and a warning says so', { level: 'MUST' }, async version => {
  const successCriteria = [{ context: '$response.body', condition: '^$inputs.x$', type: 'regex' }]
  const { codes } = await read(version, { steps: [step('a', { successCriteria })] })
  expect(codes).toEqual(['(expression-form)'])
})

embedded.executed('braces of the pattern itself stay', { decides: 'braces-in-patterns' }, async version => {
  expect(await passes(version, { context: '$statusCode', condition: '^2\\d{2}$', type: 'regex' }, json({}))).toBe(true)
  expect(await passes(version, { context: '$statusCode', condition: '^2\\d{3}$', type: 'regex' }, json({}))).toBe(false)
})

embedded.executed(
  'a value is not evaluated again, and does not leave its quotes',
  { decides: 'embedded-in-queries' },
  async version => {
    const criterion = { condition: '$[?@.name == "{$inputs.name}"]', type: 'jsonpath' }
    const name = '" || true || "{$inputs.x}'
    expect(await passes(version, criterion, json([{ name: 'a' }]), { name })).toBe(false)
    expect(await passes(version, criterion, json([{ name }]), { name })).toBe(true)
  },
)

/* ---- simple ---- */

evaluation.executed('simple: true passes; false and null fail', { level: 'MUST' }, async version => {
  const answer = json({ yes: true, no: false, nothing: null })
  expect(await holds(version, '$response.body#/yes', answer)).toBe(true)
  expect(await holds(version, '$response.body#/no', answer)).toBe(false)
  expect(await holds(version, '$response.body#/nothing', answer)).toBe(false)
  expect(await holds(version, '$response.body#/missing', answer)).toBe(false)
})

evaluation.executed(
  'simple: other values pass unless they are 0 or empty text',
  { decides: 'truthiness' },
  async version => {
    const answer = json({ one: 1, zero: 0, text: 'a', none: '', list: [], map: {}, word: 'false' })
    for (const [name, result] of Object.entries({
      one: true,
      zero: false,
      text: true,
      none: false,
      list: true,
      map: true,
      word: true,
    }))
      expect([name, await holds(version, `$response.body#/${name}`, answer)]).toEqual([name, result])
  },
)

evaluation.executed(
  'simple: numeric text is a number to numeric operators',
  { level: 'SHOULD', decides: 'coercion' },
  async version => {
    const answer = { body: { n: '10', m: 'ten' }, headers: { 'x-left': '9' } }
    expect(await holds(version, '$response.header.X-Left < 10', answer)).toBe(true)
    expect(await holds(version, '$response.body#/n > 9', answer)).toBe(true)
    expect(await holds(version, '$response.body#/n == 10', answer)).toBe(true)
    expect(await holds(version, "$response.body#/n > '9'", answer)).toBe(true)
    expect(await holds(version, '$response.body#/m > 9', answer)).toBe(false)
    expect(await holds(version, "$statusCode == '200'", answer)).toBe(true)
  },
)

evaluation.executed('simple: null equals only itself; what is missing is null', { decides: 'null' }, async version => {
  const answer = json({ nothing: null, zero: 0, no: false, none: '', list: [] })
  expect(await holds(version, 'null == null', answer)).toBe(true)
  expect(await holds(version, '$response.body#/nothing == null', answer)).toBe(true)
  expect(await holds(version, '$response.body#/missing == null', answer)).toBe(true)
  for (const name of ['zero', 'no', 'none', 'list'])
    expect(await holds(version, `$response.body#/${name} == null`, answer)).toBe(false)
  for (const operator of ['<', '<=', '>', '>='])
    expect(await holds(version, `$response.body#/nothing ${operator} 1`, answer)).toBe(false)
})

evaluation.executed(
  "simple: != null is the opposite, as in the specification's own example",
  { decides: 'null' },
  async version => {
    const condition = '$statusCode == 200 && $response.body.data != null'
    expect(await holds(version, condition, json({ data: { a: 1 } }))).toBe(true)
    expect(await holds(version, condition, json({ data: null }))).toBe(false)
    expect(await holds(version, condition, json({}))).toBe(false)
  },
)

evaluation.executed('simple: booleans, objects and lists', { decides: 'coercion' }, async version => {
  const answer = json({ yes: true, word: 'TRUE', list: [1, { a: 2 }], same: [1, { a: 2 }], other: [1] })
  for (const [condition, result] of [
    ["$response.body#/yes == 'true'", true],
    ['$response.body#/word == true', true],
    ['$response.body#/yes == 1', false],
    ['$response.body#/list == $response.body#/same', true],
    ['$response.body#/list == $response.body#/other', false],
    ['$response.body#/list > 0', false],
  ] as const)
    expect([condition, await holds(version, condition, answer)]).toEqual([condition, result])
})

/* ---- regex ---- */

evaluation.executed(
  'regex: passes when the pattern matches the context',
  { decides: 'regex-search' },
  async version => {
    expect(await passes(version, { context: '$statusCode', condition: '^200$', type: 'regex' }, json({}))).toBe(true)
    expect(await passes(version, { context: '$statusCode', condition: '^5', type: 'regex' }, json({}))).toBe(false)
    expect(await passes(version, { condition: 'ell', type: 'regex' }, text('hello'))).toBe(true)
    expect(await passes(version, { condition: 'ELL', type: 'regex' }, text('hello'))).toBe(false)
    expect(await passes(version, { condition: '/ELL/i', type: 'regex' }, text('hello'))).toBe(true)
  },
)

evaluation.executed('regex: structures are matched as their JSON', { decides: 'regex-search' }, async version => {
  expect(await passes(version, { condition: '"id":7', type: 'regex' }, json({ id: 7 }))).toBe(true)
})

evaluation.refused('regex: the condition is a valid pattern', { level: 'MUST' }, async version => {
  const successCriteria = [{ context: '$response.body', condition: '(', type: 'regex' }]
  expect(await refused(version, { steps: [step('a', { successCriteria })] })).toEqual(['invalid-expression'])
})

evaluation.executed(
  'regex: no pattern can hang a run, look-around included',
  { decides: 'regex-dialect' },
  async version => {
    const matches = (condition: string, body: string) => passes(version, { condition, type: 'regex' }, text(body))
    expect(await matches('^(a+)+$', `${'a'.repeat(5_000)}b`)).toBe(false)
    expect(await matches('^(?!.*error).*well$', 'all is well')).toBe(true)
    expect(await matches('^(?!.*error)', 'an error')).toBe(false)
    expect(await matches('^(?=a)(a+)+$', `${'a'.repeat(50)}b`)).toBe(false)
  },
)

/* ---- jsonpath ---- */

evaluation.executed('jsonpath: passes when there is any node', { level: 'MUST' }, async version => {
  const answer = json({ pets: [{ name: 'a', nothing: null }], none: [], no: false })
  for (const [condition, result] of [
    ['$.pets[*]', true],
    ['$.none[*]', false],
    ['$.missing', false],
    ['$.no', true],
    ['$.pets[0].nothing', true],
    ["$.pets[?@.name == 'a']", true],
    ["$.pets[?@.name == 'A']", false],
    ['$..name', true],
    ['$.pets[-1]', true],
    ['$.pets[0:5]', true],
  ] as const)
    expect([condition, await passes(version, { condition, type: 'jsonpath' }, answer)]).toEqual([condition, result])
})

evaluation.executed(
  "jsonpath: the specification's own filters on an object see the object",
  { decides: 'jsonpath-root-filter' },
  async version => {
    const condition = '$[?count(@.pets) > 0]'
    expect(await passes(version, { condition, type: 'jsonpath' }, json({ pets: [1] }))).toBe(true)
    expect(await passes(version, { condition, type: 'jsonpath' }, json({ cats: [1] }))).toBe(false)
    expect(await passes(version, { condition, type: 'jsonpath' }, json([{ pets: [1] }]))).toBe(true)
  },
)

evaluation.executed('jsonpath: one that becomes invalid fails', { level: 'MUST' }, async version => {
  const criterion = { context: '$response.body', condition: '$.pets[{$inputs.index}]', type: 'jsonpath' }
  const { passed, error } = await judged(version, [criterion], json({ pets: [1] }), { inputs: { index: ']' } })
  expect(passed).toBe(false)
  expect(error).toContain('JSONPath')
})

evaluation.refused(
  'jsonpath: an invalid one is refused when it is read',
  { level: 'MUST', only: '1.0.1', decides: 'invalid-conditions' },
  async version => {
    const successCriteria = [{ context: '$response.body', condition: '$.pets[', type: 'jsonpath' }]
    expect(await refused(version, { steps: [step('a', { successCriteria })] })).toEqual(['invalid-expression'])
  },
)

/* ---- xpath ---- */

const pets = xml('<root><pets><pet>1</pet><pet>2</pet></pets><none/><zero>0</zero></root>')

evaluation.executed('xpath: the effective boolean value decides', { level: 'MUST' }, async version => {
  for (const [condition, result] of [
    ['count(/root/pets/*) > 0', true],
    ['count(/root/pets/*) > 2', false],
    ['/root/pets', true],
    ['/root/cats', false],
    ['/root/none', true],
    ['count(/root/pets/*)', true],
    ['count(/root/cats/*)', false],
    ['string(/root/zero)', true],
    ['string(/root/none)', false],
    ['number(/root/zero)', false],
    ['true()', true],
    ['false()', false],
    ["number('x')", false],
  ] as const)
    expect([condition, await passes(version, { condition, type: 'xpath' }, pets)]).toEqual([condition, result])
})

evaluation.executed('xpath: 3.1 is the default', {}, async version => {
  const condition =
    "exists(/root/pets/pet[. = '2']) and map { 'a': 1 }?a = 1 and string-join(/root/pets/pet, '-') = '1-2'"
  expect(await passes(version, { condition, type: 'xpath' }, pets)).toBe(true)
})

evaluation.executed(
  'xpath: names without prefix find elements of the default namespace, prefixes are those of the document',
  { decides: 'xpath-namespaces' },
  async version => {
    const answer = xml('<Envelope xmlns="urn:e" xmlns:p="urn:p"><p:Item>1</p:Item></Envelope>')
    expect(await passes(version, { condition: "/Envelope/p:Item = '1'", type: 'xpath' }, answer)).toBe(true)
    expect(await passes(version, { condition: '/Envelope/Item', type: 'xpath' }, answer)).toBe(false)
  },
)

for (const [type, condition] of Object.entries({ regex: '.*', jsonpath: '$', xpath: 'true()' }))
  evaluation.executed(`${type}: a context that is null or missing fails`, { level: 'MUST' }, async version => {
    for (const pointer of ['nothing', 'missing']) {
      const criterion = { context: `$response.body#/${pointer}`, condition, type }
      expect(await passes(version, criterion, json({ nothing: null }))).toBe(false)
    }
  })

evaluation.refused(
  'xpath: an invalid one is refused when it is read',
  { level: 'MUST', only: '1.0.1', decides: 'invalid-conditions' },
  async version => {
    const successCriteria = [{ context: '$response.body', condition: '/root/[', type: 'xpath' }]
    expect(await refused(version, { steps: [step('a', { successCriteria })] })).toEqual(['invalid-expression'])
  },
)

/* ---- errors ---- */

evaluation.executed(
  'an invalid JSONPath or XPath makes its criterion fail, with a warning when it is read',
  { level: 'MUST', only: '1.1.0', decides: 'invalid-conditions' },
  async version => {
    for (const [type, condition, word] of [
      ['jsonpath', '$.pets[', 'JSONPath'],
      ['xpath', '/root/[', 'XPath'],
      [{ type: 'xpath', version: 'xpath-10' }, '/root/[', 'expected'],
      [{ type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' }, 'pets', 'JSONPath'],
    ] as const) {
      const criteria = [{ context: '$response.body', condition, type }]
      const { codes } = await read(version, { steps: [step('a', { successCriteria: criteria })] })
      expect(codes).toEqual(['(expression-form)'])
      const { passed, error } = await judged(version, criteria, json({ pets: [] }))
      expect([condition, passed]).toEqual([condition, false])
      expect(error).toContain(word)
    }
  },
)

evaluation.executed('what cannot be evaluated fails, and the error is reported', { level: 'MUST' }, async version => {
  for (const [criterion, answer, word] of [
    [{ condition: '$.a', type: 'jsonpath' }, text('no json'), 'JSON'],
    [{ condition: '/a', type: 'xpath' }, text('no xml'), 'XML'],
    [{ condition: '1 idiv 0', type: 'xpath' }, xml('<a/>'), 'FOAR0001'],
    [{ condition: '{$inputs.pattern}', type: 'regex' }, text('a'), 'regular expression'],
  ] as const) {
    const criteria = [{ context: '$response.body', ...criterion }]
    const { passed, error } = await judged(version, criteria, answer, { inputs: { pattern: '(' } })
    expect(passed).toBe(false)
    expect(error).toContain(word)
  }
})

evaluation.executed(
  'so does what cannot be evaluated in an action: it is not executed',
  { level: 'MUST' },
  async version => {
    const criteria = [{ context: '$response.body', condition: '$.a', type: 'jsonpath' }]
    const { trail } = await run(version, {
      steps: [step('a', { onSuccess: [{ name: 'x', type: 'end', criteria }] }), step('b', { operationId: 'getOther' })],
      answers: { '/thing': text('no json') },
    })
    expect(trail).toEqual(['a passed', 'b passed'])
  },
)
