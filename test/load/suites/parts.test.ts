import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readArazzo } from '../../../src/document/read.ts'
import type { SuiteHook } from '../../../src/load/suites/hooks.ts'
import { suitesOf, untestedProblems } from '../../../src/load/suites/parts.ts'
import { openapi, project } from '../../builders/project.ts'

const needsId = 'inputs: { type: object, required: [id], properties: { id: { type: string } } }'

/** A document whose one workflow calls a workflow of another document, or an operation. */
function document(workflowId: string, calls: string | undefined, inputs = needsId): string {
  const [file, called] = calls?.split('#') ?? []
  const source = calls
    ? `{ name: other, url: ./${file}, type: arazzo }`
    : '{ name: api, url: ./api.json, type: openapi }'
  const target = calls ? `workflowId: $sourceDescriptions.other.${called}` : 'operationId: ask'
  return `arazzo: 1.0.1
info: { title: t, version: '1' }
sourceDescriptions: [${source}]
workflows:
  - workflowId: ${workflowId}
    ${inputs}
    steps:
      - stepId: call
        ${target}
        ${calls ? "parameters: [{ name: id, value: '1' }]" : ''}
`
}

async function partsIn(files: Record<string, string>): Promise<Record<string, readonly string[] | undefined>> {
  const folder = project({ 'api.json': openapi({ ask: ['get', '/ask'] }), ...files })
  const read = await Promise.all(Object.keys(files).map(file => readArazzo(join(folder, file))))
  const documents = read.map(({ document }) => document!)
  return Object.fromEntries(
    documents.map(one => {
      const [suite] = suitesOf(
        one,
        {},
        documents.filter(other => other !== one),
      )
      return [suite!.workflow.workflowId, suite!.part?.by]
    }),
  )
}

test('a part may be run by a part of another document that a third one runs', async () => {
  expect(
    await partsIn({
      'a.arazzo.yaml': document('first', 'b.arazzo.yaml#second', 'summary: runs'),
      'b.arazzo.yaml': document('second', 'c.arazzo.yaml#third'),
      'c.arazzo.yaml': document('third', undefined),
    }),
  ).toEqual({ first: undefined, second: ['a.arazzo.yaml#first'], third: ['b.arazzo.yaml#second'] })
})

test('what no workflow that runs refers to is no part, though one in another document that never runs does', async () => {
  expect(
    await partsIn({
      'b.arazzo.yaml': document('second', 'c.arazzo.yaml#third'),
      'c.arazzo.yaml': document('third', undefined),
    }),
  ).toEqual({ second: undefined, third: undefined })
})

test('what a setup of the document gives is given; a setup is a part, unless it is said to run', async () => {
  const text = document('main', undefined)
    .replace('workflows:', "x-vitest: { setup: '#make', teardown: '#main' }\nworkflows:")
    .concat(`  - workflowId: make
    steps: [{ stepId: ask, operationId: ask, outputs: { id: $response.body#/id } }]
    outputs: { id: $steps.ask.outputs.id }
`)
  const suites = async (text: string) => {
    const folder = project({ 'api.json': openapi({ ask: ['get', '/ask'] }), 'a.arazzo.yaml': text })
    const { document, problems } = await readArazzo(join(folder, 'a.arazzo.yaml'))
    expect(problems).toEqual([])
    return suitesOf(document!).map(({ part, missing }) => [part?.hooks?.[0]?.hook, part?.by, missing])
  }
  expect(await suites(text)).toEqual([
    ['teardown', ['"a.arazzo.yaml"'], []],
    ['setup', ['"a.arazzo.yaml"'], []],
  ])
  const said = text.replace('workflowId: main\n', 'workflowId: main\n    x-vitest: { skip: false }\n')
  expect((await suites(said))[0]).toEqual([undefined, undefined, []])
})

test('nothing is tested where hooks take all workflows, and is where load is or a workflow that runs refers to one', async () => {
  const files = {
    'a.arazzo.yaml': document('first', 'b.arazzo.yaml#second', 'summary: runs'),
    'b.arazzo.yaml': document('second', undefined),
  }
  const folder = project({ 'api.json': openapi({ ask: ['get', '/ask'] }), ...files })
  const [a, b] = await Promise.all(
    Object.keys(files).map(async name => (await readArazzo(join(folder, name))).document!),
  )
  const hook = (document: typeof a): SuiteHook => ({
    ...{ hook: 'setup', per: 'run', name: './x.arazzo.yaml', file: document!.file, isModule: false, of: 'plugin' },
  })
  const problemsIn = (document: typeof a, others: (typeof a)[], ...hooks: SuiteHook[]) =>
    untestedProblems(document!, suitesOf(document!, {}, others as [], hooks)).map(({ message }) => message)
  const taken = [
    'Failed to test b.arazzo.yaml: workflow "second" is setup.run (./x.arazzo.yaml) of the plugin\'s options, and no other runs.',
  ]
  expect(problemsIn(b, [], hook(b))).toEqual(taken)
  expect(problemsIn(b, [a], hook(b))).toEqual([])
  // It is tested nowhere where what refers to it is a hook itself.
  expect(problemsIn(b, [a], hook(b), hook(a))).toEqual(taken)
  expect(problemsIn(a, [b], hook(b))).toEqual([])
})
