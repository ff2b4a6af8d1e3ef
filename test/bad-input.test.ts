import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startServer } from '../plugin/server/start.ts'
import { type LoadOptions, readArazzo, runLoad, runWorkflow } from '../src/index.ts'
import { arazzo, openapi, project } from './builders/project.ts'
import { serve } from './builders/server.ts'
import { builtPlugin } from './plugin/server/built.ts'
import { readServerOptions } from './plugin/server/read-options.ts'

/** What a user sees who got something wrong: the whole message, each of them. */

const api = openapi({ listPets: ['get', '/pets'], getPet: ['get', '/pets/{id}'] })
const plain = `
  - workflowId: main
    steps:
      - stepId: list
        operationId: listPets
        successCriteria: [{ condition: $statusCode == 200 }]
`

/** The message, with what differs from run to run replaced. */
async function messageOf(promise: Promise<unknown>, folder = '/nowhere'): Promise<string> {
  const error = await promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  )
  return error.message
    .replaceAll(`${folder}/`, '')
    .replaceAll(/(?:\.\.\/)+tmp\/vitest-arazzo-\w+\//g, '')
    .replaceAll(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:PORT')
    .replaceAll(/([Pp]ort|pid) \d+/g, '$1 N')
    .replaceAll(/process \d+ \([^)]*\)/g, 'process N (its command)')
}

function documents(workflows: string): string {
  return project({ 'api.json': api, 'pets.arazzo.yaml': arazzo(workflows) })
}

const run = (folder: string, options = {}) =>
  messageOf(runWorkflow(join(folder, 'pets.arazzo.yaml'), { servers: 'http://127.0.0.1:9', ...options }), folder)

const load = (folder: string, options: Partial<LoadOptions>) =>
  messageOf(
    runLoad({
      workflow: `${join(folder, 'pets.arazzo.yaml')}#main`,
      servers: 'http://127.0.0.1:9',
      load: { vus: 1, iterations: 1 },
      ...options,
    }),
    folder,
  )

describe('documents', () => {
  test('unreadable YAML', async () => {
    const folder = project({ 'pets.arazzo.yaml': 'arazzo: 1.0.1\ninfo: { title: x\nworkflows: [\n' })
    expect(await run(folder)).toMatchInlineSnapshot(`
      "2 problems

      pets.arazzo.yaml:3:1: Failed to read pets.arazzo.yaml: flow map in block collection must be sufficiently indented and end with a }. Correct the indentation.
        1 | arazzo: 1.0.1
        2 | info: { title: x
      > 3 | workflows: [
          | ^
        4 |

      pets.arazzo.yaml:4:1: Failed to read pets.arazzo.yaml: flow sequence in block collection must be sufficiently indented and end with a ]. Correct the indentation.
        2 | info: { title: x
        3 | workflows: [
      > 4 |
          | ^"
    `)
  })

  test('an unknown operationId', async () => {
    expect(await run(documents(plain.replace('listPets', 'listPet')))).toMatchInlineSnapshot(`
      "pets.arazzo.yaml:10:22: Failed to resolve operation "listPet": source "api" has no such operationId. Did you mean "listPets"?
         8 |     steps:
         9 |       - stepId: list
      > 10 |         operationId: listPet
           |                      ^
        11 |         successCriteria: [{ condition: $statusCode == 200 }]
        12 |"
    `)
  })

  test('a step output that nobody sets', async () => {
    const folder = documents(`${plain}      - stepId: get
        operationId: getPet
        parameters: [{ name: id, in: path, value: $steps.list.outputs.id }]
`)
    expect(await run(folder)).toMatchInlineSnapshot(`
      "pets.arazzo.yaml:14:51: Failed to resolve $steps.list.outputs.id: step "list" has no output "id". Add "id" to its \`outputs\`.
        12 |       - stepId: get
        13 |         operationId: getPet
      > 14 |         parameters: [{ name: id, in: path, value: $steps.list.outputs.id }]
           |                                                   ^
        15 |
        16 |"
    `)
  })

  test('a missing input', async () => {
    const folder = documents(
      plain.replace(
        'workflowId: main\n',
        'workflowId: main\n    inputs: { type: object, required: [user], properties: { user: { type: string } } }\n',
      ),
    )
    expect(await run(folder, { inputs: { usr: 'demo' } })).toMatchInlineSnapshot(`
      "pets.arazzo.yaml:7:5: Failed to start workflow "main": input "user" is missing. You gave "usr": is that the same?
        5 | workflows:
        6 |
      > 7 |   - workflowId: main
          |     ^
        8 |     inputs: { type: object, required: [user], properties: { user: { type: string } } }
        9 |     steps:"
    `)
  })

  test('all at once, in a list that readArazzo gives', async () => {
    const folder = documents(plain.replace('listPets', 'listPet').replace('statusCode', 'statusCod'))
    const { document, problems } = await readArazzo(join(folder, 'pets.arazzo.yaml'))
    expect(document).toBeUndefined()
    expect(problems.map(({ code, at }) => `${code} ${at.line}:${at.column}`)).toMatchInlineSnapshot(`
      [
        "undefined-operation 10:22",
        "invalid-expression 11:40",
      ]
    `)
  })
})

describe('budgets', () => {
  test('an unknown step', async () => {
    expect(await load(documents(plain), { budgets: { steps: { lisst: { p99: '50ms' } } } })).toMatchInlineSnapshot(`
      "pets.arazzo.yaml:7:5: Failed to read budget steps.lisst: the workflow has no such step. Did you mean "list"?
        5 | workflows:
        6 |
      > 7 |   - workflowId: main
          |     ^
        8 |     steps:
        9 |       - stepId: list"
    `)
  })

  test('an impossible unit', async () => {
    expect(await load(documents(plain), { budgets: { p99: '100MB' } })).toMatchInlineSnapshot(`
      "pets.arazzo.yaml:7:5: Failed to read budget p99: "100MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
        5 | workflows:
        6 |
      > 7 |   - workflowId: main
          |     ^
        8 |     steps:
        9 |       - stepId: list"
    `)
  })

  test('memory without a target', async () => {
    expect(await load(documents(plain), { budgets: { memory: '200MB' } })).toMatchInlineSnapshot(`
      "pets.arazzo.yaml:7:5: Failed to read budget memory: no target process is known. Let the plugin start the application (server), or give target: { pid }.
        5 | workflows:
        6 |
      > 7 |   - workflowId: main
          |     ^
        8 |     steps:
        9 |       - stepId: list"
    `)
  })
})

describe('servers', () => {
  test('that cannot be reached, in a functional run and under load', async () => {
    const folder = documents(plain)
    const report = await runWorkflow(join(folder, 'pets.arazzo.yaml'), { servers: 'http://127.0.0.1:9' })
    expect(report.because).toMatchInlineSnapshot(
      `"step "list" failed: Failed to connect to http://127.0.0.1:9: connection refused. Start the application, or correct its URL."`,
    )
    const underLoad = await runLoad({
      workflow: join(folder, 'pets.arazzo.yaml'),
      servers: 'http://127.0.0.1:9',
      load: { vus: 1, iterations: 1 },
    })
    expect(underLoad.state).toBe('not run')
    expect(underLoad.cause).toMatchInlineSnapshot(
      `"Failed to connect to http://127.0.0.1:9: connection refused. Start the application, or correct its URL."`,
    )
  })

  test('that are strangers, under load', async () => {
    expect(await load(documents(plain), { servers: 'https://api.example.com' })).toMatchInlineSnapshot(
      `"Failed to load https://api.example.com: "api.example.com" is not this machine, and no host but loopback is loaded unless it is named. If you may load it, add allowHosts: ['api.example.com']."`,
    )
  })

  const start = async (command: string, url: string) => {
    const supervisor = join(await builtPlugin(), 'supervisor.js')
    return startServer(readServerOptions({ command, url, timeout: 700 }), supervisor)
  }

  test('that never become ready', async () => {
    const app = fileURLToPath(new URL('../fixtures/suites/server-app/app.js', import.meta.url))
    const message = await messageOf(
      start(`echo connecting to the database; sleep 60 # ${app}`, 'http://127.0.0.1:{port}/health'),
    )
    expect(message.replace(app, 'app.js')).toMatchInlineSnapshot(`
      "Failed to start the application "echo connecting to the database; sleep 60 # app.js": it never became ready: http://127.0.0.1:PORT/health did not respond with a status below 500 within 700 ms, at last the connection was refused. Make it listen at that host and port ({port} in "command", or the environment variable PORT), or raise "timeout".

      Last output of the application:
        | connecting to the database"
    `)
  }, 120_000)

  test('whose port is in use', async () => {
    const stranger = createServer((_request, response) => response.writeHead(500).end())
    await new Promise<void>(resolve => stranger.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void stranger.close())
    const { port } = stranger.address() as AddressInfo
    expect(await messageOf(start('node app.js', `http://127.0.0.1:${port}/health`))).toMatchInlineSnapshot(
      `"Failed to start the application "node app.js": port N is in use by process N (its command); asked for http://127.0.0.1:PORT/health, the response was HTTP 500. End that process, or write {port} in "url" and "command" to get a free port."`,
    )
  }, 120_000)
})

test('nothing of this reaches a server', async () => {
  const server = await serve(() => ({}))
  const folder = documents(plain.replace('listPets', 'listPet'))
  await run(folder, { servers: server.origin })
  await load(documents(plain), { servers: server.origin, budgets: { p99: '100MB' } })
  expect(server.seen).toEqual([])
})
