import { expect, test } from 'vitest'
import { isJsonType } from '../../src/ground/media-type.ts'
import { contentTypeOf } from '../../src/http/content-type.ts'
import { kindOfBody } from '../../src/workflow/media-type.ts'
import { kindOf } from '../../src/workflow/request/serialize.ts'

/** What is sent, what is read, and what is held against a schema. */
const areJson = (type: string) =>
  [kindOf(type), contentTypeOf(type).kind, kindOfBody(type)].map(kind => kind === 'json')

test.each([
  'application/json',
  'text/json',
  'Application/JSON ; charset=utf-8',
  'application/problem+json',
  'application/json-patch+json',
  'image/x+json',
])('%s is JSON for requests, responses and checks', type => {
  expect(isJsonType(type)).toBe(true)
  expect(areJson(type)).toEqual([true, true, true])
})

// They were JSON for some of the three: by how they end, or by a word within them.
test.each([
  'image/json',
  'audio/json',
  'application/x/json',
  'application/json-seq',
  'application/vnd.a+json-lines',
  'text/plain; profile="a/json"',
  'application/jsonl',
])('%s is JSON for none of them', type => {
  expect(isJsonType(type)).toBe(false)
  expect(areJson(type)).toEqual([false, false, false])
})
