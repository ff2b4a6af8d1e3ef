import { expect, test } from 'vitest'
import { whyAbsent } from '../../src/workflow/absent.ts'
import type { RunScope } from '../../src/workflow/run-scope.ts'

const body = {
  pets: [
    { id: 1, name: 'Rex' },
    { id: 2, name: 'Tom' },
  ],
  sold: [],
  none: {},
  title: 'all of them',
  owner: null,
  many: Object.fromEntries(Array.from('abcdefghijk', name => [name, 1])),
}

const scope = {
  received: {
    status: 200,
    headers: [
      'Content-Type',
      'application/json',
      'X-Total',
      '3',
      'Set-Cookie',
      'csrftoken=a; Path=/',
      'set-cookie',
      'x=1',
    ],
    body,
    isEmpty: false,
  },
  inputs: { username: 'demo' },
  outputs: {},
  step: (stepId: string) => (stepId === 'list' ? { first: { id: 1 }, empty: undefined } : undefined),
} as unknown as RunScope

test.each([
  ['$response.body#/pets/3/name', '#/pets has no item 3: it is a list of 2 items'],
  ['$response.body#/sold/0', '#/sold is an empty list'],
  ['$response.body#/pets/id', '#/pets is a list of 2 items'],
  ['$response.body#/pets/0/nam', '#/pets/0 has no "nam". Did you mean "name"? It has "id", "name"'],
  ['$response.body#/pets/0/price', '#/pets/0 has no "price", only "id", "name"'],
  ['$response.body#/none/id', '#/none is an empty object'],
  ['$response.body#/title/0', '#/title is text, which has no members'],
  ['$response.body#/owner/name', '#/owner is null, which has no members'],
  ['$response.body#/many/z', '#/many has no "z", only "a", "b", "c", "d", "e", "f", "g", "h" and 3 more'],
  ['$response.body#/other', expect.stringMatching(/^the body has no "other"/)],
  ['$steps.list.outputs.first["name"]', '"first" of step "list" has no "name", only "id"'],
  ['$response.header.X-Totals', 'the response has no header "x-totals". Did you mean "x-total"?'],
  ['$response.header.Location', 'the response has no header "location"'],
  ['$response.cookie.CSRFToken', 'the response sets no cookie "CSRFToken". Did you mean "csrftoken"?'],
  ['$response.cookie.session', 'the response sets no cookie "session", only "csrftoken", "x"'],
  ['$inputs.usrname', 'there is no input "usrname". Did you mean "username"?'],
  ['$steps.list.outputs.empty', 'step "list" gave no "empty"'],
  ['$steps.list.outputs.first#/name', '"first" of step "list" has no "name", only "id"'],
  ['$steps.get.outputs.id', 'step "get" has not passed before it'],
  ['$response.body#/title', undefined],
  ['$statusCode', undefined],
  ['not an expression', undefined],
])('%s', (text, why) => {
  expect(whyAbsent(text, scope)).toEqual(why)
})

test('of an output it is told what it was taken from, where that is known', () => {
  const why = (stepId: string, output: string) => `step "${stepId}" took "${output}" from an empty list`
  expect(whyAbsent('$steps.list.outputs.empty', scope, why)).toBe('step "list" took "empty" from an empty list')
})

test('a response without a cookie', () => {
  const without = { ...scope, received: { ...scope.received, headers: [] } } as unknown as RunScope
  expect(whyAbsent('$response.cookie.a', without)).toBe('the response sets no cookie, and so none called "a"')
})

test('a response without a body', () => {
  const empty = { ...scope, received: { ...scope.received, body: undefined, isEmpty: true } } as unknown as RunScope
  expect(whyAbsent('$response.body#/id', empty)).toBe('the response has no body')
})
