import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, holds, judged, refused, run, status, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Criterion Object')

const withCriterion = (criterion: object) => ({ steps: [step('a', { successCriteria: [criterion] })] })
const body = (value: unknown) => ({ body: value })

/* ---- fields ---- */

isRefused('a condition is required', { field: 'condition', level: 'MUST' }, async version => {
  expect(await refused(version, withCriterion({ context: '$statusCode', type: 'regex' }))).toEqual(['missing-field'])
  expect(await refused(version, withCriterion({ condition: '' }))).toEqual(['invalid-expression'])
})

executed('without a type a condition is simple', { field: 'type' }, async version => {
  expect(await holds(version, '$statusCode == 200')).toBe(true)
})

executed('type simple says the same', { field: 'type', decides: 'simple-with-context' }, async version => {
  const criteria = [{ condition: '$statusCode == 200', type: 'simple', context: '$response.body' }]
  expect((await judged(version, criteria)).passed).toBe(true)
  const document = await accepted(version, withCriterion({ condition: '$statusCode == 200', type: 'simple' }))
  expect(document.warnings.map(({ code }) => code)).toEqual(['missing-context'])
})

isRefused('other types need a context', { field: ['type', 'context'], level: 'MUST' }, async version => {
  for (const type of ['regex', 'jsonpath', 'xpath', { type: 'xpath', version: 'xpath-30' }])
    expect(await refused(version, withCriterion({ condition: '$', type }))).toEqual(['missing-context'])
})

isRefused('the types are simple, regex, jsonpath and xpath', { field: 'type' }, async version => {
  for (const type of ['JSONPath', 'jsonpointer', 'cel'])
    expect(await refused(version, withCriterion({ context: '$response.body', condition: '$', type }))).toEqual([
      'invalid-value',
    ])
})

isRefused('a context is one expression', { field: 'context' }, async version => {
  for (const context of ['response.body', '$response.bdy', 'x $response.body', '$.a'])
    expect(await refused(version, withCriterion({ context, condition: 'a', type: 'regex' }))).toEqual([
      'invalid-expression',
    ])
})

executed('type: an Expression Type Object chooses another version', { field: 'type', level: 'MUST' }, async version => {
  const type = { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' }
  const criterion = { context: '$response.body', condition: '$.pets[?(@.age > 3 && @.name.length == 2)]', type }
  expect((await judged(version, [criterion], body({ pets: [{ age: 4, name: 'Bo' }] }))).passed).toBe(true)
  expect(
    (await judged(version, [{ ...criterion, type: 'jsonpath' }], body({ pets: [{ age: 4, name: 'Bo' }] }))).passed,
  ).toBe(false)
})

executed(
  '1.0 may have the version next to the type, as its schema says',
  { only: '1.0.1', field: 'type', decides: 'version-next-to-type' },
  async version => {
    const criterion = {
      context: '$response.body',
      condition: '$.pets[?(@.name.length == 2)]',
      type: 'jsonpath',
      version: 'draft-goessner-dispatch-jsonpath-00',
    }
    expect((await judged(version, [criterion], body({ pets: [{ name: 'Bo' }] }))).passed).toBe(true)
  },
)

isRefused('1.1 may not', { only: '1.1.0', field: 'type', decides: 'version-next-to-type' }, async version => {
  const criterion = { context: '$response.body', condition: '$.a', type: 'jsonpath', version: 'rfc9535' }
  expect(await refused(version, withCriterion(criterion))).toEqual(['unknown-field'])
})

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, withCriterion({ condition: '$statusCode == 200', 'x-why': 'a' }))
  expect(await refused(version, withCriterion({ condition: '$statusCode == 200', message: 'a' }))).toEqual([
    'unknown-field',
  ])
})

/* ---- literals ---- */

const literals = section('Criterion Object: Literals')

literals.executed('booleans are true and false', {}, async version => {
  expect(
    await holds(version, '$response.body#/yes == true && $response.body#/no == false', body({ yes: true, no: false })),
  ).toBe(true)
  expect(await holds(version, '$response.body#/yes == false', body({ yes: true }))).toBe(false)
})

literals.executed('null is null', {}, async version => {
  expect(await holds(version, '$response.body#/a == null', body({ a: null }))).toBe(true)
  expect(await holds(version, '$response.body#/a == null', body({ a: 0 }))).toBe(false)
})

literals.executed('numbers have every format of JSON', {}, async version => {
  for (const [number, value] of [
    ['5', 5],
    ['-5', -5],
    ['1.25', 1.25],
    ['1e3', 1000],
    ['2.5E-1', 0.25],
    ['0', 0],
  ] as const)
    expect(await holds(version, `$response.body#/n == ${number}`, body({ n: value }))).toBe(true)
})

literals.executed("text has single quotes, and '' is one of them in it", { level: 'MUST' }, async version => {
  expect(await holds(version, "$response.body#/a == 'it''s'", body({ a: "it's" }))).toBe(true)
  expect(await holds(version, "$response.body#/a == ''", body({ a: '' }))).toBe(true)
  expect(await holds(version, "$response.body#/a == '&& || =='", body({ a: '&& || ==' }))).toBe(true)
})

literals.read('double quotes are read with a warning', { decides: 'double-quotes' }, async version => {
  const document = await accepted(version, withCriterion({ condition: '$response.body#/a == "x"' }))
  expect(document.warnings.map(({ code }) => code)).toEqual(['expression-form'])
  expect(await holds(version, '$response.body#/a == "x"', body({ a: 'x' }))).toBe(true)
})

literals.refused('words without quotes are no text', {}, async version => {
  for (const condition of ['$statusCode == ok', 'True', '$response.body#/a == NULL', '$statusCode == 200 and true'])
    expect(await refused(version, withCriterion({ condition }))).toEqual(['invalid-expression'])
})

/* ---- operators ---- */

const operators = section('Criterion Object: Operators')
const n = (value: unknown) => body({ n: value, list: [{ id: 1 }, { id: 2 }], map: { 'a b': { c: 3 } }, at: 1 })
const all = (cases: readonly (readonly [condition: string, result: boolean])[], answer = n(5)) => ({
  async in(version: '1.0.1' | '1.1.0') {
    for (const [condition, result] of cases)
      expect([condition, await holds(version, condition, answer)]).toEqual([condition, result])
  },
})

operators.executed('< <= > >= order numbers', {}, version =>
  all([
    ['$response.body#/n < 6', true],
    ['$response.body#/n < 5', false],
    ['$response.body#/n <= 5', true],
    ['$response.body#/n > 4', true],
    ['$response.body#/n > 5', false],
    ['$response.body#/n >= 5', true],
    ['4 < $response.body#/n', true],
    ['6 <= $response.body#/n', false],
  ]).in(version),
)

operators.executed('== and != are each the opposite of the other', {}, version =>
  all([
    ['$response.body#/n == 5', true],
    ['$response.body#/n != 5', false],
    ['$response.body#/n == 6', false],
    ['$response.body#/n != 6', true],
  ]).in(version),
)

operators.executed('! negates', {}, version =>
  all([
    ['!($response.body#/n == 5)', false],
    ['!($response.body#/n == 6)', true],
    ['!$response.body#/none', true],
    ['!!$response.body#/n', true],
    ['!false', true],
  ]).in(version),
)

operators.executed('&& and || combine', {}, version =>
  all([
    ['$statusCode == 200 && $response.body#/n == 5', true],
    ['$statusCode == 200 && $response.body#/n == 6', false],
    ['$statusCode == 500 || $response.body#/n == 5', true],
    ['$statusCode == 500 || $response.body#/n == 6', false],
  ]).in(version),
)

operators.executed(
  '() groups; otherwise ! binds tighter than comparisons, these than &&, and && than ||',
  { decides: 'precedence' },
  version =>
    all([
      ['true || false && false', true],
      ['(true || false) && false', false],
      ['false && false || true', true],
      ['$statusCode == 500 || $statusCode == 200 && $response.body#/n == 5', true],
      ['!false && false', false],
      ['!(false && false)', true],
      ['1 < 2 == true', true],
      ['true == 1 < 2', true],
    ]).in(version),
)

operators.executed('[] is an index from 0', {}, version =>
  all([
    ['$response.body.list[0].id == 1', true],
    ['$response.body.list[1].id == 2', true],
    ['$response.body.list[2] == null', true],
    ['$response.body#/list[1].id == 2', true],
    ['$response.body.list[$response.body#/at].id == 2', true],
  ]).in(version),
)

operators.executed('. de-references a property', {}, version =>
  all([
    ['$response.body.n == 5', true],
    ['$response.body.none == null', true],
    ['$response.body.none.deeper == null', true],
    ["$response.body.map['a b'].c == 3", true],
  ]).in(version),
)

operators.executed('text is compared without regard to case', { level: 'MUST' }, version =>
  all(
    [
      ["$response.body#/n == 'HELLO'", true],
      ["$response.body#/n != 'HELLO'", false],
      ["'hello' == $response.body#/n", true],
      ["$response.body#/n < 'HELLOO'", true],
      ["$response.body#/n >= 'HELLO'", true],
      ["$response.body#/n == 'hell'", false],
    ],
    n('Hello'),
  ).in(version),
)

operators.refused('what is no condition is refused when the document is read', {}, async version => {
  for (const condition of [
    '$statusCode = 200',
    '$statusCode ==',
    '== 200',
    '($statusCode == 200',
    '$statusCode === 200',
    '$statusCode == 200 &',
    "$response.body#/a == 'x",
  ])
    expect(await refused(version, withCriterion({ condition }))).toEqual(['invalid-expression'])
})

executed('all criteria of a list have to pass', { level: 'MUST' }, async version => {
  const { report } = await run(version, {
    steps: [step('a', { successCriteria: [...status(200), { condition: '$response.body#/n == 1' }] })],
    answers: body({ n: 2 }),
  })
  const [only] = report.steps
  expect(only).toMatchObject({ state: 'failed', checks: [{ passed: true }, { passed: false }] })
})
