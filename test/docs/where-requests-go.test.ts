import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Operation } from '../../src/document/model.ts'
import { readArazzo } from '../../src/document/read.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { baseOf } from '../../src/workflow/server.ts'
import { arazzo, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

/* Every row of the table "Where requests go" of docs/reference/application.md is run, against a server in the place of port 3000. */

const page = readFileSync('docs/reference/application.md', 'utf8')
const section = page.slice(page.indexOf('## Where requests go'), page.indexOf('## How it ends'))
const rows = [...section.matchAll(/^\| (`.*|none.*) \| (.+) \| (.+) \|$/gm)].map(([, ...cells]) => cells as Row)
type Row = [described: string, servers: string, request: string]

const textOf = (cell: string) => /`([^`]+)`/.exec(cell)?.[1]
const LISTENING = /http:\/\/127\.0\.0\.1:3000/

const variables = { region: { default: 'eu' }, base: { default: 'api' } }

test('the table has rows of every kind', () => {
  expect(rows).toHaveLength(20)
  expect(rows.filter(([, , request]) => request.startsWith('none: '))).toHaveLength(4)
  expect(rows.filter(([, , request]) => request.includes('warning'))).toHaveLength(2)
})

test.each([
  ['http://host:99999/api/v3', '/api/v3'],
  ['https://{region}.host/api', '/api'],
  ['//host:99999/api?x#y', '/api'],
  ['http://', ''],
  ['HTTP://[::1]:3000/v1//', '/v1'],
  ['/a/../b/%2e%2e/c', '/c'],
  ['::1', '/::1'],
  ['ftp://host/x', '/x'],
])('%s is moved with its path, however odd its host is', (url, path) => {
  const operation = { servers: [{ url, variables: {} }] } as unknown as Operation
  expect(baseOf(operation, 'api', 'http://127.0.0.1:3000')).toEqual({ origin: 'http://127.0.0.1:3000', path })
})

test.each(rows)('%s, with servers %s: %s', async (described, servers, request) => {
  const { origin, seen } = await serve(() => ({ status: 204 }))
  const here = (cell: string) => textOf(cell)?.replace(LISTENING, origin)
  const url = here(described)
  const servedAt = url === undefined ? {} : { servers: [{ url, ...(url.includes('{') && { variables }) }] }
  const description = {
    openapi: '3.1.0',
    info: { title: 'api', version: '1' },
    ...servedAt,
    paths: { '/pets': { get: { operationId: 'listPets', responses: { '204': { description: 'any' } } } } },
  }
  const folder = project({
    'api.json': JSON.stringify(description, null, 1),
    'flow.arazzo.yaml': arazzo('  - { workflowId: main, steps: [{ stepId: list, operationId: listPets }] }'),
  })
  const ref = `${folder}/flow.arazzo.yaml`
  const { problems } = await readArazzo(ref)
  const run = () => runWorkflow(ref, { ...(servers !== 'none' && { servers: here(servers)! }) })

  const warned = problems.map(({ severity, at, message }) => ({ severity, file: at.file, line: at.line, message }))
  const place = { file: `${folder}/api.json`, line: 9 }
  const schemeless = url !== undefined && /^(127|api\.host)/.test(url)
  const warning = { severity: 'warning', ...place, message: expect.stringContaining(`"${url}" has no scheme`) }
  expect(warned).toEqual(schemeless ? [warning] : [])

  if (!request.startsWith('none: ')) {
    expect(request.includes('warning')).toBe(schemeless)
    await expect(run()).resolves.toMatchObject({ state: 'passed' })
    expect(seen.map(({ url }) => origin + url)).toEqual([here(request)])
    return
  }
  const error = await run().catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ArazzoError)
  const [problem] = (error as ArazzoError).problems
  expect(problem!.message).toBe(`Failed to find the server of source "api": ${textOf(request)}.`)
  // The place of what is wrong: the description's, unless it is the option.
  expect(problem!.at).toMatchObject(servers === 'none' && schemeless ? place : { file: ref })
})
