import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { isWindows } from '../builders/system.ts'
import { API, arazzo, documentOf, folderOf, listed, problemsOf, readAll } from './reading.ts'

const using = (sources: string, operation = 'listItems') => `arazzo: 1.1.0
info: { title: test, version: '1' }
sourceDescriptions:
${sources}
workflows:
  - workflowId: main
    steps: [{ stepId: a, operationId: ${operation} }]
`

describe('a source is found', () => {
  test.each([
    ['./specs/api.yaml', 'specs/api.yaml'],
    ['specs/api.yaml', 'specs/api.yaml'],
    ['./my%20api.yaml', 'my api.yaml'],
    ['./100%.yaml', '100%.yaml'],
    ['./api.yaml?raw=1#top', 'api.yaml'],
  ])('%s', async (url, file) => {
    const document = await documentOf({ 'main.yaml': using(`  - { name: api, url: '${url}' }`), [file]: API })
    expect(document.sources.api).toMatchObject({ type: 'openapi', url, at: { line: 4, column: 13 } })
  })

  test('by a file: URL, from a path or a URL', async () => {
    const folder = folderOf({ 'api.yaml': API })
    const main = join(
      folderOf({ 'main.yaml': using(`  - { name: api, url: ${pathToFileURL(join(folder, 'api.yaml'))} }`) }),
      'main.yaml',
    )
    for (const path of [main, pathToFileURL(main), pathToFileURL(main).href]) {
      expect((await readArazzo(path)).problems).toEqual([])
    }
  })

  test('in the file that the options name, relative to the document', async () => {
    const files = {
      'main.yaml': using('  - { name: api, url: https://example.com/openapi.json }'),
      'specs/local.yaml': API,
    }
    const { document, list } = await readAll(files, { sources: { api: './specs/local.yaml' } })
    expect(list).toBe('')
    expect(document?.sources.api?.url).toBe('https://example.com/openapi.json')
    expect(
      await problemsOf(files, { sources: { ap: './specs/local.yaml', api: './local.yaml' } }),
    ).toMatchInlineSnapshot(`
      "main.yaml:4:3 warning undefined-source: Failed to read the option \`sources: { "ap": … }\`: the document has no such source. Did you mean "api"?
      main.yaml:4:23 error unreadable-file: Failed to read source "api" (./local.yaml, by the option "sources"): there is no such file. Correct the path."
    `)
  })

  test('beside the document when its URL is on the network, with a warning', async () => {
    const files = { 'main.yaml': using('  - { name: my-api, url: https://example.com/v1/api.yaml }'), 'api.yaml': API }
    expect(await problemsOf(files)).toMatchInlineSnapshot(
      `"main.yaml:4:26 warning unmapped-url: Failed to read source "my-api": https://example.com/v1/api.yaml is not fetched; api.yaml next to the document is used. To say so in the options: sources: { 'my-api': './api.yaml' }."`,
    )
    expect(await problemsOf({ 'main.yaml': files['main.yaml'] })).toMatchInlineSnapshot(
      `"main.yaml:4:26 error unmapped-url: Failed to read source "my-api": https://example.com/v1/api.yaml is not on this machine, and nothing is fetched. Save a copy as api.yaml next to the document, or name a file in the options: sources: { 'my-api': './file.yaml' }."`,
    )
    expect(
      await problemsOf({ 'main.yaml': using('  - { name: api, url: ftp://example.com/api.yaml }') }),
    ).toMatchInlineSnapshot(
      `"main.yaml:4:23 error unmapped-url: Failed to read source "api": ftp://example.com/api.yaml is not on this machine, and nothing is fetched. Save a copy as api.yaml next to the document, or name a file in the options: sources: { api: './file.yaml' }."`,
    )
  })

  test('beside the document only where it is of the type that the source has, and never as the document itself', async () => {
    const network = (file: string, type = '') => `  - { name: api, url: https://example.com/${file}${type} }`
    expect(await problemsOf({ 'main.yaml': using(network('v1/main.yaml')) })).toMatchInlineSnapshot(
      `"main.yaml:4:23 error unmapped-url: Failed to read source "api": https://example.com/v1/main.yaml is not on this machine, and nothing is fetched; main.yaml is the document itself. Save a copy, and name that file in the options: sources: { api: './file.yaml' }."`,
    )
    expect(await problemsOf({ 'main.yaml': using(network('v1/main.yaml', ', type: openapi')) })).toMatchInlineSnapshot(
      `"main.yaml:4:23 error unmapped-url: Failed to read source "api": https://example.com/v1/main.yaml is not on this machine, and nothing is fetched; main.yaml is the document itself. Save a copy, and name that file in the options: sources: { api: './file.yaml' }."`,
    )
    const beside = { 'flows.yaml': using('  - { name: x, url: ./api.yaml }'), 'api.yaml': API }
    expect(
      await problemsOf({ 'main.yaml': using(network('flows.yaml', ', type: openapi')), ...beside }),
    ).toMatchInlineSnapshot(
      `"main.yaml:4:23 error unmapped-url: Failed to read source "api": https://example.com/flows.yaml is not on this machine, and nothing is fetched; flows.yaml next to the document is an Arazzo document, and its type is "openapi". Save a copy, and name that file in the options: sources: { api: './file.yaml' }."`,
    )
    expect(await problemsOf({ 'main.yaml': using(network('notes.yaml')), 'notes.yaml': 'a: 1' })).toMatchInlineSnapshot(
      `"main.yaml:4:23 error unmapped-url: Failed to read source "api": https://example.com/notes.yaml is not on this machine, and nothing is fetched; notes.yaml next to the document is not a description. Save a copy, and name that file in the options: sources: { api: './file.yaml' }."`,
    )
    // Without a type, and with one that it is, it is used.
    for (const type of ['', ', type: openapi'])
      expect(await problemsOf({ 'main.yaml': using(network('api.yaml', type)), 'api.yaml': API })).toMatch(
        /^main.yaml:4:\d+ warning unmapped-url: [^\n]*$/,
      )
  })

  test.each(['https://example.com/docs?format=yaml', 'https://example.com/api.yaml?key=1', 'https://example.com/docs'])(
    '%s has no name of a file to save it as',
    async url => {
      const list = await problemsOf({ 'main.yaml': using(`  - { name: api, url: '${url}' }`) })
      expect(list).toContain("Save a copy, and name that file in the options: sources: { api: './file.yaml' }.")
      expect(list).not.toMatch(/as (docs|api)/)
    },
  )

  test('not on another machine', async () => {
    expect(
      await problemsOf({ 'main.yaml': using('  - { name: api, url: file://server/api.yaml }') }),
    ).toMatchInlineSnapshot(
      `"main.yaml:4:23 error unmapped-url: Failed to read source "api": file://server/api.yaml is not on this machine, and nothing is fetched. Save a copy as api.yaml next to the document, or name a file in the options: sources: { api: './file.yaml' }."`,
    )
  })

  test('relative to the file also when $self is elsewhere', async () => {
    const main = `$self: https://example.com/flows/main.yaml\n${using('  - { name: api, url: ./api.yaml }')}`
    expect(await problemsOf({ 'main.yaml': main, 'api.yaml': API })).toBe('')
  })
})

describe('a source cannot be used', () => {
  test('no file, a directory, no YAML, no description, another kind', async () => {
    const sources = `  - { name: gone, url: ./apis.yaml }
  - { name: folder, url: ./folder }
  - { name: broken, url: ./broken.yaml }
  - { name: empty, url: ./empty.yaml }
  - { name: other, url: ./other.yaml }
  - { name: wrong, url: ./api.yaml, type: arazzo }
  - { name: old, url: ./old.yaml }
  - { name: nameless }`
    expect(
      await problemsOf({
        'main.yaml': using(sources, 'nothing'),
        'api.yaml': API,
        'folder/x': '',
        'broken.yaml': 'openapi: 3.1.0\npaths: [',
        'empty.yaml': '',
        'other.yaml': 'hello: world',
        'old.yaml': 'openapi: 4.0.0',
      }),
    ).toMatchInlineSnapshot(`
      "main.yaml:4:24 error unreadable-file: Failed to read source "gone" (./apis.yaml): there is no such file. Did you mean "api.yaml"?
      main.yaml:5:26 error unreadable-file: Failed to read source "folder" (./folder): it is a directory. Name a file in it.
      main.yaml:7:25 error invalid-source: Failed to read source "empty": the file is not an OpenAPI, Arazzo or AsyncAPI description. Its first field should be \`openapi\`, \`arazzo\` or \`asyncapi\`.
      main.yaml:8:25 error invalid-source: Failed to read source "other": the file is not an OpenAPI, Arazzo or AsyncAPI description. Its first field should be \`openapi\`, \`arazzo\` or \`asyncapi\`.
      main.yaml:9:43 error invalid-source: Failed to read source "wrong": its type is "arazzo", and the file is an OpenAPI description. Write \`type: openapi\`.
      main.yaml:11:5 error missing-field: Failed to read source "nameless": \`url\` is missing. Add \`url: ./openapi.yaml\`.
      broken.yaml:2:9 error invalid-yaml: Failed to read broken.yaml: flow sequence in block collection must be sufficiently indented and end with a ]. Correct the indentation.
      old.yaml:1:10 error unsupported-version: Failed to read an OpenAPI description: its version is "4.0.0". Use 2.0, 3.0, 3.1 or 3.2."
    `)
  })

  test('a pipe, a device or a file without end is not waited for', async ({ skip }) => {
    skip(isWindows, 'there are no such files')
    const sources =
      '  - { name: zero, url: /dev/zero }\n  - { name: pipe, url: ./pipe }\n  - { name: big, url: ./big.yaml }'
    const folder = folderOf({ 'main.yaml': using(sources), 'big.yaml': '' })
    execFileSync('mkfifo', [join(folder, 'pipe')])
    truncateSync(join(folder, 'big.yaml'), 65_000_000)
    const { problems } = await readArazzo(join(folder, 'main.yaml'))
    expect(listed(problems, folder)).toMatchInlineSnapshot(`
      "main.yaml:4:24 error unreadable-file: Failed to read source "zero" (/dev/zero): it is a device, a pipe or a socket. Name a file.
      main.yaml:5:24 error unreadable-file: Failed to read source "pipe" (./pipe): it is a device, a pipe or a socket. Name a file.
      main.yaml:6:23 error unreadable-file: Failed to read source "big" (./big.yaml): it has 65 MB, and no more than 64 MB are read. Correct the path."
    `)
  })

  test('one that is broken does not make problems of what should be in it', async () => {
    expect(await problemsOf({ 'main.yaml': using('  - { name: api, url: ./gone.yaml }') })).toMatchInlineSnapshot(
      `"main.yaml:4:23 error unreadable-file: Failed to read source "api" (./gone.yaml): there is no such file. Correct the path."`,
    )
  })

  test('operations and channels that an AsyncAPI description does not have', async () => {
    const asyncapi = 'asyncapi: 3.0.0\noperations: { placeOrder: {} }'
    const steps = `      - { stepId: a, operationId: $sourceDescriptions.events.placeOrder, action: send }
      - { stepId: b, operationId: placeOrder }
      - { stepId: c, operationId: $sourceDescriptions.events.other }
      - { stepId: d, channelPath: '{$sourceDescriptions.events.url}#/channels/orders', action: receive, correlationId: 1 }
      - { stepId: e, operationPath: '{$sourceDescriptions.events.url}#/operations/placeOrder' }
`
    const main = using(
      '  - { name: events, url: ./events.yaml, type: asyncapi }\n  - { name: api, url: ./api.yaml }',
    ).replace(/ {4}steps: .*\n/, `    steps:\n${steps}`)
    expect(await problemsOf({ 'main.yaml': main, 'events.yaml': asyncapi, 'api.yaml': API })).toMatchInlineSnapshot(`
      "main.yaml:10:35 warning operation-form: Failed to resolve operation "placeOrder": the document has several sources, and only "events" has it today. Write $sourceDescriptions.events.placeOrder.
      main.yaml:11:35 error undefined-operation: Failed to resolve operation $sourceDescriptions.events.other: source "events" has no such operationId. Its operations are placeOrder.
      main.yaml:12:36 error undefined-operation: Failed to resolve channelPath {$sourceDescriptions.events.url}#/channels/orders: the description has no channel "orders".
      events.yaml:2:15 error unresolved-reference: Failed to find the channel of operation "placeOrder": it names none. Write \`channel: { $ref: '#/channels/<name>' }\`."
    `)
    const unused = using('  - { name: events, url: ./events.yaml }\n  - { name: api, url: ./api.yaml }')
    const document = await documentOf({ 'main.yaml': unused, 'events.yaml': asyncapi, 'api.yaml': API })
    expect(document.sources.events).toMatchObject({ type: 'asyncapi', name: 'events' })
  })
})

test('files are told whether they were there or not, for those who watch them', async () => {
  const api = API.replace('responses: {}', "responses: { '200': { $ref: './common.yaml#/ok' } }")
  const main = using(
    '  - { name: api, url: ./api.yaml }\n  - { name: gone, url: ./gone.yaml }',
    '$sourceDescriptions.gone.x, parameters: [{ name: a, in: query, value: 1 }] }, { stepId: b, operationId: listItems',
  )
  const { files, document } = await readAll({
    'main.yaml': main,
    'api.yaml': api,
    'common.yaml': 'ok: { description: fine }',
  })
  expect(document).toBeUndefined()
  expect(files).toEqual(['main.yaml', 'api.yaml', 'common.yaml', 'gone.yaml'])
  const complete = await documentOf({ 'main.yaml': using('  - { name: api, url: ./api.yaml }'), 'api.yaml': API })
  expect(complete.files.map(file => basename(file))).toEqual(['main.yaml', 'api.yaml'])
})

test('a file that has changed is read again', async () => {
  const { folder } = await readAll({ 'main.yaml': using('  - { name: api, url: ./api.yaml }'), 'api.yaml': API })
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(folder, 'api.yaml'), API.replace('listItems', 'listThings'))
  const { problems } = await readArazzo(join(folder, 'main.yaml'))
  expect(listed(problems, folder)).toMatchInlineSnapshot(
    `"main.yaml:7:39 error undefined-operation: Failed to resolve operation "listItems": source "api" has no such operationId. Its operations are login, listThings, getItem."`,
  )
})

describe('a source that cannot be read, and that nothing uses, is a warning', () => {
  const both = (second: string) => using(`  - { name: api, url: ./api.yaml }\n  - { name: other, ${second} }`)

  test.each([
    ['unmapped-url', 'url: https://example.com/other.yaml', {}],
    ['unreadable-file', 'url: ./gone.yaml', {}],
    ['invalid-source', 'url: ./notes.yaml', { 'notes.yaml': 'a: 1' }],
    ['invalid-yaml', 'url: ./broken.yaml', { 'broken.yaml': 'openapi: 3.1.0\npaths: [' }],
    ['unsupported-version', 'url: ./old.yaml', { 'old.yaml': 'swagger: 1.2\npaths: {}' }],
  ])('%s', async (code, second, files) => {
    const all = { 'main.yaml': both(second), 'api.yaml': API, ...files }
    const { document, problems } = await readAll(all)
    expect(problems).toMatchObject([{ code, severity: 'warning' }])
    expect(problems[0]!.message).toMatch(/; nothing uses the source\.$/)
    expect(document?.workflows[0]?.steps).toHaveLength(1)
    expect(Object.keys(document!.sources)).toEqual(['api'])
  })

  test.each([
    ['its operation', 'operationId: $sourceDescriptions.other.x'],
    ['its path', "operationPath: '{$sourceDescriptions.other.url}#/paths/~1x/get'"],
    ['an operation that no source that can be read has', 'operationId: x'],
    ['its workflow', 'workflowId: $sourceDescriptions.other.x'],
    [
      'its url',
      'operationId: listItems, parameters: [{ name: page, in: query, value: $sourceDescriptions.other.url }]',
    ],
  ])('but an error where a step uses %s', async (_, step) => {
    const main = both('url: ./gone.yaml').replace('operationId: listItems', step)
    const { document, problems } = await readAll({ 'main.yaml': main, 'api.yaml': API })
    expect(document).toBeUndefined()
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'unreadable-file' }])
  })

  test('and an error where another source of the same file is used', async () => {
    const sources = ['one', 'two'].map(name => `  - { name: ${name}, url: ./broken.yaml }`).join('\n')
    const main = using(sources, '$sourceDescriptions.two.x')
    const { document, problems } = await readAll({ 'main.yaml': main, 'broken.yaml': 'openapi: 3.1.0\npaths: [' })
    expect(document).toBeUndefined()
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'invalid-yaml' }])
  })
})

test.each(['2.6.0', '2.6'])('%s is a version of AsyncAPI, also where YAML makes a number of it', async version => {
  const events = `asyncapi: ${version}
channels: { orders: { address: elsewhere, publish: { message: { contentType: text/plain } } } }`
  const main = arazzo(`  - workflowId: main
    steps: [{ stepId: a, channelPath: '{$sourceDescriptions.api.url}#/channels/orders', action: send }]`)
  const { workflows } = await documentOf({ 'main.yaml': main, 'api.yaml': events })
  expect(workflows[0]!.steps[0]!.target).toMatchObject({
    channel: { address: 'orders', messages: [{ contentType: 'text/plain' }] },
  })
})
