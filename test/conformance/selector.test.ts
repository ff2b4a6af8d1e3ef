import { expect } from 'vitest'
import type { Answer } from '../builders/server.ts'
import { section } from './rule.ts'
import { accepted, outputsOf, refused, run, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Selector Object', { only: '1.1.0' })

const user = { body: { user: { email: 'a@b.c', tags: ['x', 'y'], 'a/b': 1, none: null } } }
const invoice: Answer = {
  body: '<Invoice id="7"><Header><Number>42</Number></Header><Line>a</Line><Line>b</Line></Invoice>',
  headers: { 'content-type': 'application/xml' },
}
const select = (selector: string, type: unknown, context = '$response.body') => ({ context, selector, type })
const withOutput = (value: object) => ({ steps: [step('a', { outputs: { a: value } })] })

isRefused(
  'context, selector and type are required',
  { field: ['context', 'selector', 'type'], level: 'MUST' },
  async version => {
    for (const field of ['context', 'selector', 'type']) {
      const { [field]: _, ...rest } = select('$.a', 'jsonpath') as Record<string, unknown>
      expect(await refused(version, withOutput(rest))).toEqual(['missing-field'])
    }
  },
)

executed('jsonpath: the value of the node', { field: ['selector', 'type'], level: 'MUST' }, async version => {
  expect(await outputsOf(version, { a: select('$.user.email', 'jsonpath') }, user)).toEqual({ a: 'a@b.c' })
})

executed(
  'jsonpath: several nodes are a list, none is nothing',
  { field: 'selector', decides: 'several-nodes' },
  async version => {
    const outputs = {
      all: select('$.user.tags[*]', 'jsonpath'),
      one: select('$.user.tags[:1]', 'jsonpath'),
      none: select('$.user.cats[*]', 'jsonpath'),
      null: select('$.user.none', 'jsonpath'),
    }
    expect(await outputsOf(version, outputs, user)).toEqual({ all: ['x', 'y'], one: 'x', null: null })
  },
)

executed('xpath: the text of the node', { field: ['selector', 'type'], level: 'MUST' }, async version => {
  const outputs = {
    number: select('/Invoice/Header/Number', 'xpath'),
    id: select('/Invoice/@id', 'xpath'),
    count: select('count(//Line)', 'xpath'),
    flag: select('exists(//Line)', 'xpath'),
    lines: select('//Line', 'xpath'),
    none: select('//Other', 'xpath'),
  }
  expect(await outputsOf(version, outputs, invoice)).toEqual({
    number: '42',
    id: '7',
    count: 2,
    flag: true,
    lines: ['a', 'b'],
  })
})

executed(
  'xpath: an element that holds elements is XML',
  { field: 'selector', decides: 'several-nodes' },
  async version => {
    const outputs = await outputsOf(version, { header: select('/Invoice/Header', 'xpath') }, invoice)
    expect(outputs).toEqual({ header: '<Header><Number>42</Number></Header>' })
  },
)

executed('jsonpointer: the value that it points to', { field: ['selector', 'type'] }, async version => {
  const outputs = {
    email: select('/user/email', 'jsonpointer'),
    escaped: select('/user/a~1b', 'jsonpointer'),
    all: select('', 'jsonpointer', '$response.body#/user/tags'),
    none: select('/user/tags/2', 'jsonpointer'),
    hash: select('#/user/email', 'jsonpointer'),
  }
  expect(await outputsOf(version, outputs, user)).toEqual({
    email: 'a@b.c',
    escaped: 1,
    all: ['x', 'y'],
    hash: 'a@b.c',
  })
})

executed('type: an Expression Type Object chooses another version', { field: 'type', level: 'MUST' }, async version => {
  const goessner = { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' }
  expect(await outputsOf(version, { a: select('$.user.tags[(@.length-1)]', goessner) }, user)).toEqual({ a: 'y' })
  const xpath = { type: 'xpath', version: 'xpath-30' }
  expect(await outputsOf(version, { a: select('/Invoice/Header/Number', xpath) }, invoice)).toEqual({ a: '42' })
})

isRefused('a selector is one of its type', { field: ['selector', 'type'], level: 'MUST' }, async version => {
  for (const [selector, type] of [
    ['$.a[', 'jsonpath'],
    ['a.b', 'jsonpath'],
    ['/a[', 'xpath'],
    ['a', 'jsonpointer'],
    ['/a~2', 'jsonpointer'],
    ['$.a', { type: 'jsonpath', version: 'none' }],
  ] as const)
    expect(await refused(version, withOutput(select(selector, type)))).toEqual(['invalid-expression'])
  expect(await refused(version, withOutput(select('$.a', 'regex')))).toEqual(['invalid-value'])
})

isRefused('a context is an expression', { field: 'context' }, async version => {
  for (const context of ['response.body', '$response.', '{"a":1}'])
    expect(await refused(version, withOutput(select('$.a', 'jsonpath', context)))).toEqual(['invalid-expression'])
})

executed('the context may be anything that expressions reach', { field: 'context' }, async version => {
  const { outputs } = await run(version, {
    steps: [
      step('a', { outputs: { body: '$response.body' } }),
      step('b', {
        operationId: 'postThing',
        requestBody: { payload: { sent: [1, 2] } },
        outputs: { sent: select('$.sent[1]', 'jsonpath', '$request.body') },
      }),
    ],
    workflow: {
      outputs: {
        step: select('$.user.email', 'jsonpath', '$steps.a.outputs.body'),
        input: select('/0', 'jsonpointer', '$inputs.list'),
        sent: '$steps.b.outputs.sent',
      },
    },
    answers: user,
    inputs: { list: [9] },
  })
  expect(outputs).toEqual({ step: 'a@b.c', input: 9, sent: 2 })
})

executed(
  'what has no structure cannot be searched: the step fails, and says so',
  { field: 'context', level: 'MUST', decides: 'selector-errors' },
  async version => {
    const plain: Answer = { body: 'plain', headers: { 'content-type': 'text/plain' } }
    for (const value of [
      select('$.a', 'jsonpath'),
      select('$.a[*]', 'jsonpath'),
      select('/a', 'xpath'),
      select('/a', 'jsonpointer'),
    ]) {
      const { report, trail } = await run(version, { ...withOutput(value), answers: plain })
      expect(trail).toEqual(['a failed'])
      expect(report.because).toMatch(/Failed to evaluate "a": expected (JSON|XML)/)
    }
  },
)

executed(
  'a step that fails so has its onFailure actions',
  { field: 'context', decides: 'selector-errors' },
  async version => {
    const { trail } = await run(version, {
      steps: [
        step('a', { outputs: { a: select('$.a', 'jsonpath') }, onFailure: [{ name: 'x', type: 'goto', stepId: 'b' }] }),
        step('b', { operationId: 'getOther' }),
      ],
      answers: { '/thing': { body: 'plain', headers: { 'content-type': 'text/plain' } } },
    })
    expect(trail).toEqual(['a failed', 'b passed'])
  },
)

executed(
  'in outputs of a workflow it fails the workflow',
  { field: 'context', decides: 'selector-errors' },
  async version => {
    const { report } = await run(version, {
      steps: [step('a')],
      workflow: { outputs: { a: select('$.a', 'jsonpath', '$inputs.text') } },
      inputs: { text: 'x' },
    })
    expect(report).toMatchObject({ state: 'failed', outputs: {} })
    expect(report.because).toContain('Failed to evaluate "a"')
  },
)

executed(
  'in a request it fails the step before anything is sent',
  { field: 'context', decides: 'selector-errors' },
  async version => {
    const value = select('$.a', 'jsonpath', '$inputs.text')
    const { requests, trail } = await run(version, {
      steps: [step('a', { parameters: [{ name: 'q', in: 'query', value }] })],
      inputs: { text: 'x' },
    })
    expect(requests).toEqual([])
    expect(trail).toEqual(['a failed'])
  },
)

executed(
  'expressions can be embedded in a selector',
  { field: 'selector', decides: 'embedded-in-queries' },
  async version => {
    const outputs = { a: select('$.user.tags[?@ == "{$inputs.tag}"]', 'jsonpath') }
    expect(await outputsOf(version, outputs, user, { inputs: { tag: 'y' } })).toEqual({ a: 'y' })
  },
)

isRefused('1.0 has no Selector Objects', { only: '1.0.1' }, async version => {
  expect(await refused(version, withOutput(select('$.a', 'jsonpath')))).toEqual(['newer-field'])
})

isRead('other fields are not accepted', {}, async version => {
  await accepted(version, withOutput(select('$.a', 'jsonpath')))
  expect(await refused(version, withOutput({ ...select('$.a', 'jsonpath'), default: 1 }))).toEqual(['unknown-field'])
})
