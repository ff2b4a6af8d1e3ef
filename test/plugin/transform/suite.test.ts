import { deserialize } from 'node:v8'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { expect, test } from 'vitest'
import { suiteModule } from '../../../plugin/transform/suite.ts'
import type { ArazzoDocument, Step, Workflow } from '../../../src/document/model.ts'
import { suitesOf } from '../../../src/load/suites/parts.ts'

const file = '/project/shop.arazzo.yaml'

const text = `arazzo: 1.0.1
workflows:
  - workflowId: sign-in
    steps:
      - stepId: login
      - stepId: profile
  - workflowId: "it's \\u2028 odd"
    steps:
      - stepId: only
    x-load-test: { rps: 10, duration: 1s }
`

const at = (line: number, column: number) => ({ file, line, column })
const step = (stepId: string, line: number): Step =>
  ({ stepId, at: at(line, 17), target: {}, onSuccess: [], onFailure: [] }) as unknown as Step
const none = { successActions: [], failureActions: [], dependsOn: [] }
const workflow = (workflowId: string, line: number, steps: Step[], extensions = {}) =>
  ({ workflowId, at: at(line, 17), steps, extensions, ...none }) as unknown as Workflow

const openapi = { file: '/project/api.yaml', operations: [] }
const documents = { '/project/api.yaml': { paths: { '/unused': {} } } }
const document = {
  file,
  sources: { shop: { type: 'openapi', openapi: { ...openapi, documents } } },
  extensions: {},
  workflows: [
    workflow('sign-in', 3, [step('login', 5), step('profile', 6)]),
    workflow("it's \u2028 odd", 7, [step('only', 9)], { 'x-load-test': { value: {}, at: at(10, 18), places: {} } }),
  ],
} as unknown as ArazzoDocument

const generated = suiteModule(document, suitesOf(document), text, '/dist/runtime.js')
const data = /openDocument\("([^"]+)"\)/.exec(generated.code)![1]!

test('the document comes with the module, and of its description what its steps lead to', () => {
  const sources = { shop: { type: 'openapi', openapi: { ...openapi, documents: { '/project/api.yaml': {} } } } }
  expect(deserialize(Buffer.from(data, 'base64'))).toEqual({ ...document, sources })
})

test('each call leads to the line of its workflow or step', () => {
  const map = new TraceMap(generated.map as never)
  const lines = generated.code.split('\n')
  const placesOf = (token: string) =>
    lines.flatMap((line, index) => {
      const column = line.indexOf(token)
      if (column < 0) return []
      const place = originalPositionFor(map, { line: index + 1, column })
      return [`${place.source}:${place.line}:${place.column! + 1}`]
    })
  expect(placesOf('describe(')).toEqual([`${file}:3:17`, `${file}:7:17`])
  expect(placesOf('test(')).toEqual([`${file}:5:17`, `${file}:6:17`, `${file}:9:17`])
  expect(placesOf('await workflow.step')).toEqual([`${file}:5:17`, `${file}:6:17`, `${file}:9:17`])
  expect(placesOf('workflow.loadTests')).toEqual([`${file}:10:18`])
})

test('the map carries the document, so that Vitest can show its lines', () => {
  expect(generated.map).toMatchObject({ version: 3, sources: [file], sourcesContent: [text], names: [] })
})
