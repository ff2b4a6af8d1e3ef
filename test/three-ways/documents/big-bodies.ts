import { cases } from '../../builders/thorough.ts'
import { type Case, reading } from '../case.ts'

const items = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ n, name: `Item ${n} of a long list`, tags: ['a', 'b'] }))

const listOf = (count: number) => JSON.stringify({ first: 1, items: items(count), last: { word: 'end' } })
/** 1.2 MB, and more than 2. */
const list = listOf(20_000)
const longer = listOf(35_000)
/** A value of 1.5 MB, and one that is all of the body. */
const text = JSON.stringify({ first: 1, text: 'word '.repeat(300_000), last: 2 })
const top = JSON.stringify(items(20_000))

const json: [string, string][] = [['Content-Type', 'application/json']]

function big(name: string, body: string, outputs: Record<string, unknown>, rest: Partial<Case> = {}): Case {
  const script = { '/a': [{ headers: json, body }] }
  return { name, workflows: reading(outputs), script, state: 'passed', iterations: 2, ...rest }
}

const judged = (name: string, body: string, criterion: string, rest: Partial<Case> = {}): Case =>
  big(
    name,
    body,
    {},
    {
      workflows: reading(
        { first: '$response.body#/first' },
        `stepId: a, operationId: a, successCriteria: [{ ${criterion} }]`,
      ),
      ...rest,
    },
  )

const always: Case[] = [
  big(
    'values early and late',
    list,
    { a: '$response.body#/first', b: '$response.body#/last/word' },
    { outputs: { a: 1, b: 'end' } },
  ),
  big('the list as an output', longer, { items: '$response.body#/items' }),
  big('the whole as an output', list, { all: '$response.body' }),
  big(
    'text as an output',
    text,
    { text: '$response.body#/text', last: '$response.body#/last' },
    { outputs: { last: 2 } },
  ),
  big('JSONPath as an output', list, {
    a: { context: '$response.body', selector: '$.items[?@.n == 19999].name', type: 'jsonpath' },
  }),
  judged('JSONPath on the list', list, 'context: $response.body, type: jsonpath, condition: "$.items[?@.n == 19999]"'),
  judged(
    'JSONPath that finds nothing',
    list,
    'context: $response.body, type: jsonpath, condition: "$.items[?@.n == 20001]"',
    { state: 'failed' },
  ),
  judged('a regular expression on text', text, 'context: $response.body#/text, type: regex, condition: "word $"'),
  judged('a comparison with a long text', text, 'condition: $response.body#/text != "word"'),
  judged('a fault behind the value', `${list.slice(0, -1)},}`, 'condition: $response.body#/first == 1', {
    state: 'failed',
    because: /is not met \(nothing\)/,
  }),
  judged(
    'a fault behind a list that JSONPath looks at',
    `${list.slice(0, -1)},}`,
    'context: $response.body, type: jsonpath, condition: "$.items[?@.n == 1]"',
    { state: 'failed', because: /could not be evaluated/ },
  ),
  big(
    'a fault behind the output',
    `${list.slice(0, -1)},}`,
    { a: '$response.body#/first' },
    { state: 'failed', because: /Failed to read the body as JSON/ },
  ),
  big('twice', `${list.slice(0, -1)},"first":2}`, { a: '$response.body#/first' }, { outputs: { a: 2 } }),
  big(
    'in chunks',
    '',
    { a: '$response.body#/last/word', items: '$response.body#/items' },
    {
      script: {
        '/a': [
          {
            raw: `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${[0, 1, 2, 3]
              .map(n => list.slice((n * list.length) / 4, ((n + 1) * list.length) / 4))
              .map(part => `${part.length.toString(16)}\r\n${part}\r\n`)
              .join('')}0\r\n\r\n`,
          },
        ],
      },
      outputs: { a: 'end' },
    },
  ),
  big(
    'of an error',
    list,
    { s: '$statusCode' },
    { script: { '/a': [{ status: 500, headers: json, body: list }] }, state: 'failed' },
  ),
]

const besides: Case[] = [
  big('an item of the list', list, { a: '$response.body#/items/19000/name' }),
  big('a list at the top', top, { a: '$response.body#/19999/n', all: '$response.body#' }, {}),
  judged('JSONPath on the whole', list, 'context: $response.body, type: jsonpath, condition: "$[?@.word == \'end\']"'),
  judged(
    'a regular expression on the list',
    list,
    'context: $response.body#/items, type: regex, condition: "Item 19999 of"',
  ),
  judged('a regular expression on the whole', list, 'context: $response.body, type: regex, condition: "Item 19999 of"'),
  judged('a comparison with a late value', list, 'condition: $response.body#/last/word == "end"'),
  big(
    'a fault in the middle',
    list.replace('"n":10000', '"n":010000'),
    { a: '$response.body#/first' },
    { state: 'failed', because: /Failed to read the body as JSON/ },
  ),
  big('of which nothing is read', list, { s: '$statusCode' }),
]

export const bigBodies = cases(always, besides)
