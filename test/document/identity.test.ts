import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { API, arazzo, documentOf, problemsOf } from './reading.ts'

const sources = (...urls: string[]) =>
  urls.map((url, index) => `  - { name: s${index}, url: '${url}', type: arazzo }\n`).join('')

const main = (urls: string[], self = '', inputs = '{}') =>
  `${self && `$self: '${self}'\n`}${arazzo(`  - workflowId: main
    inputs: ${inputs}
    steps: [{ stepId: a, workflowId: $sourceDescriptions.s0.pay }]`).replace(
    'workflows:',
    `${sources(...urls)}workflows:`,
  )}`

const other = (self: string, ...urls: string[]) =>
  `$self: ${self}\n${arazzo(`  - workflowId: pay
    steps: [{ stepId: a, operationId: login }]`).replace('workflows:', `${sources(...urls)}workflows:`)}`

const fileOf = async (files: Record<string, string>) => {
  const { s0 } = (await documentOf({ 'api.yaml': API, ...files })).sources
  return s0?.type === 'arazzo' ? basename(s0.arazzo.file) : undefined
}

describe('a document is found by its $self', () => {
  test('in any order of sources', async () => {
    const files = {
      'main.yaml': main(['https://x.test/pay.yaml', './local.yaml']),
      'local.yaml': other('https://x.test/pay.yaml'),
    }
    expect(await fileOf(files)).toBe('local.yaml')
  })

  test('when only another document leads to it', async () => {
    const files = {
      'main.yaml': main(['https://x.test/pay.yaml', './between.yaml']),
      'between.yaml': other('https://x.test/between.yaml', './sub.yaml'),
      'sub.yaml': other('https://x.test/pay.yaml'),
    }
    expect(await fileOf(files)).toBe('sub.yaml')
  })

  test('beside the document, under another name and without being named', async () => {
    const files = {
      'main.yaml': main(['https://x.test/v1/pay.yaml']),
      'copy.yaml': other('https://x.test/v1/pay.yaml'),
    }
    expect(await fileOf(files)).toBe('copy.yaml')
    expect(await problemsOf({ 'api.yaml': API, ...files })).toBe('')
  })

  test('from a URL that is relative to the own $self, before a file that lies there', async () => {
    const files = {
      'main.yaml': main(['./pay.yaml'], 'https://x.test/flows/main.yaml'),
      'pay.yaml': other('https://elsewhere.test/pay.yaml'),
      'real.yaml': other('https://x.test/flows/pay.yaml'),
    }
    expect(await fileOf(files)).toBe('real.yaml')
  })

  test('which may itself be relative to where the document is', async () => {
    const files = { 'main.yaml': main(['./flows/pay.yaml']), 'here.yaml': other('flows/pay.yaml') }
    expect(await fileOf(files)).toBe('here.yaml')
  })

  test('not by a file of the folder that only quotes it', async () => {
    const files = {
      'main.yaml': main(['https://x.test/pay.yaml']),
      'broken.yaml': '$self: https://x.test/other.yaml\na: [',
      'pay.yaml': other('https://x.test/else.yaml'),
    }
    expect(await problemsOf({ 'api.yaml': API, ...files })).toMatchInlineSnapshot(
      `"main.yaml:5:22 warning unmapped-url: Failed to read source "s0": https://x.test/pay.yaml is not fetched; pay.yaml next to the document is used. To say so in the options: sources: { s0: './pay.yaml' }."`,
    )
  })
})

describe('schemas', () => {
  const schema = async (ref: string, components: string) => {
    const text = `${main(['./o.yaml'], 'https://x.test/main.yaml', `{ $ref: '${ref}' }`)}\ncomponents: { inputs: ${components} }`
    const files = { 'main.yaml': text, 'o.yaml': other('https://x.test/o.yaml'), 'api.yaml': API }
    return (await documentOf(files)).workflows[0]!.inputs
  }

  test.each([
    ['https://x.test/main.yaml#/components/inputs/page', '{ page: { type: integer } }'],
    ['main.yaml#/components/inputs/page', '{ page: { type: integer } }'],
    ['https://x.test/page', '{ page: { $id: https://x.test/page, type: integer } }'],
    ['/page', '{ page: { $id: https://x.test/page, type: integer } }'],
    ['https://x.test/all#/$defs/page', '{ all: { $id: all, $defs: { page: { type: integer } } } }'],
    ['https://x.test/all#page', '{ all: { $id: all, $defs: { page: { $anchor: page, type: integer } } } }'],
  ])('%s', async (ref, components) => {
    expect(await schema(ref, components)).toMatchObject({ type: 'integer' })
  })
})

test('references that are none are reported', async () => {
  const text = main(['./pay%zz.yaml', './my pay.yaml'], 'ht tp://x')
  expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(`
    "main.yaml:1:11 error invalid-value: Failed to read the document: \`$self\` is "ht tp://x", which is not a URI-reference. Write "ht%20tp://x".
    main.yaml:6:22 error unreadable-file: Failed to read source "s0" (./pay%zz.yaml): there is no such file. Correct the path.
    main.yaml:6:28 warning invalid-value: Failed to read source "s0": \`url\` is "./pay%zz.yaml", which is not a URI-reference. Write "./pay%25zz.yaml".
    main.yaml:7:22 warning unreadable-file: Failed to read source "s1" (./my pay.yaml): there is no such file; nothing uses the source. Correct the path.
    main.yaml:7:27 warning invalid-value: Failed to read source "s1": \`url\` is "./my pay.yaml", which is not a URI-reference. Write "./my%20pay.yaml"."
  `)
})

test('steps that wait for one another by what they read are reported', async () => {
  const step = (id: string, reads: string, more = '') =>
    `      - { stepId: ${id}, operationId: listItems, parameters: [{ name: page, in: query, value: $steps.${reads}.outputs.x }], outputs: { x: $statusCode }${more} }\n`
  const text = arazzo(`  - workflowId: main
    steps:
${step('a', 'b')}${step('b', 'a')}      - { stepId: c, operationId: listItems, dependsOn: [a] }`)
  expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(
    `"main.yaml:8:11 error cyclic-depends-on: Failed to order the steps of workflow "main": steps wait for one another (a -> b -> a). Remove a \`dependsOn\`, or do not read that output."`,
  )
})
