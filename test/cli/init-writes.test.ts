import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { askCli } from './cli.ts'
import { type Look, openShelter } from './shelter.ts'

// Each command is a process of its own.
vi.setConfig({ testTimeout: 120_000 })

const shelter = fileURLToPath(new URL('../../fixtures/openapi/shelter.yaml', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'init-writes-'))
afterAll(() => rmSync(scratch, { recursive: true }))

let built: string
beforeAll(async () => {
  built = await builtPlugin()
}, 120_000)

test('what can be removed again is made, looked at and removed, and what cannot is told of', async () => {
  const said = await askCli(built, ['init', shelter, '--writes', '--output', 'writing'], scratch)
  expect(said.stderr).toBe('')
  expect(said.code, said.stdout).toBe(0)
  expect(said.stdout).toContain('3 workflows.\nNot called, as no DELETE removes again what they make: POST /orders.\n')
  const text = readFileSync(join(scratch, 'writing/shelter.arazzo.yaml'), 'utf8')
  expect(text).toContain('# Things are made, looked at and removed again: run it where that may be.\n')
  expect(text).not.toContain('order')
  const [, pets, cages] = text.split('  - workflowId: ').slice(1)
  expect(cages?.match(/operationId: .*/g)).toEqual(
    ['buildCage', 'getCage', 'tearDownCage'].map(id => `operationId: ${id}`),
  )
  expect(pets).toMatchInlineSnapshot(`
    "addPet
        summary: Calls pets.
        steps:
          - stepId: addPet
            operationId: addPet
            requestBody:
              contentType: application/json
              payload:
                name: text
                kind: dog
                weight: 4.5
            successCriteria:
              - condition: $statusCode == 201
            outputs:
              petId: $response.body#/id
          - stepId: getPet
            operationId: getPet
            parameters:
              - name: petId
                in: path
                value: $steps.addPet.outputs.petId
            successCriteria:
              - condition: $statusCode == 200
            onFailure:
              - name: removeIt
                type: goto
                stepId: removePet
            outputs:
              status: $statusCode
          - stepId: removePet
            description: Removes it after a failure as well; the workflow has then failed.
            operationId: removePet
            parameters:
              - name: petId
                in: path
                value: $steps.addPet.outputs.petId
            successCriteria:
              - condition: $statusCode == 204
              - condition: $steps.getPet.outputs.status == 200
    "
  `)
  const validated = await askCli(built, ['validate', '--strict'], join(scratch, 'writing'))
  expect(validated).toEqual({ code: 0, stdout: '1 document, 0 errors, 0 warnings\n', stderr: '' })
})

const UNSEEN = 'step "removePet" failed: $steps.getPet.outputs.status == 200 is not met (nothing)'

const looks: readonly [look: Look, state: string, because: string | undefined][] = [
  ['it', 'passed', undefined],
  ['a failure', 'failed', UNSEEN],
  ['another kind of thing', 'failed', UNSEEN],
]

test.each(looks)('where the look gives %s, nothing is left and the workflow has %s', async (look, state, because) => {
  const server = await openShelter()
  server.lookGives(look)
  const ref = `${join(scratch, 'writing/shelter.arazzo.yaml')}#addPet`
  const report = await runWorkflow(ref, { servers: server.url, checks: 'error' })
  expect(report.state).toBe(state)
  expect(report.because).toBe(because)
  expect(server.requests).toEqual(['POST /pets', 'GET /pets/1', 'DELETE /pets/1'])
  expect(server.count()).toBe(0)
})

test('without --writes nothing that a list leads to is made', async () => {
  const read = await askCli(built, ['init', shelter, '--output', 'reading'], scratch)
  expect(read.stdout).not.toContain('Not called')
  const text = readFileSync(join(scratch, 'reading/shelter.arazzo.yaml'), 'utf8')
  expect(text).not.toMatch(/addPet|removePet/)
})

test('what is left out as its id or a look at it is not known is told of', async () => {
  const made = (schema: object) => ({
    responses: { 201: { description: 'made', content: { 'application/json': { schema } } } },
  })
  const [id, ok] = [{ type: 'string' }, { responses: { 204: { description: 'ok' } } }]
  const thing = (name: string, schema: object, look = true) => ({
    [`/${name}`]: { post: { operationId: `make-${name}`, ...made(schema) } },
    [`/${name}/{id}`]: {
      parameters: [{ name: 'id', in: 'path', required: true, schema: id }],
      ...(look && { get: { operationId: `get-${name}`, ...ok } }),
      delete: { operationId: `drop-${name}`, ...ok },
    },
  })
  const withId = { type: 'object', properties: { id } }
  const paths = {
    ...thing('good', withId),
    ...thing('blind', withId, false),
    ...thing('nameless', { type: 'object', properties: { name: id } }),
    ...thing('wrapped', { type: 'object', properties: { data: withId } }),
  }
  const api = join(scratch, 'things.json')
  writeFileSync(api, JSON.stringify({ openapi: '3.0.3', info: { title: 'things', version: '1' }, paths }))
  const said = await askCli(built, ['init', api, '--writes', '--output', 'things'], scratch)
  expect(said.stdout).toContain(
    '1 workflow.\n' +
      'Not called, as a value that they take, the id that they give, or a GET of it is not known: ' +
      'POST /blind, POST /nameless, POST /wrapped.\n',
  )
})
