import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Workflow } from '../../../src/document/model.ts'
import { sentenceOf } from '../../../src/ground/fault.ts'
import { feedFaults, readFeed } from '../../../src/load/feed/read.ts'
import { asFeed, constantsOf, fromFolder, type InputSource, withConstants } from '../../../src/load/feed/source.ts'
import { steadyUsers } from '../../../src/load/plan/load-plan.ts'
import { readShape } from '../../../src/load/plan/shape.ts'
import { findWorkflow, readRef } from '../../../src/workflow/find.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { slashed } from '../../builders/system.ts'

const flow = arazzo(`
  - workflowId: main
    inputs:
      type: object
      required: [user, age]
      additionalProperties: false
      properties:
        user: { type: string }
        age: { type: integer, minimum: 0 }
        admin: { type: boolean, default: false }
        note: { type: [string, 'null'] }
        limit: { type: [number, 'null'] }
        tags: { type: array, items: { type: string } }
        password: { type: string, format: password }
    steps:
      - { stepId: a, operationId: a }
  - workflowId: named
    inputs: { type: object, properties: { rows: { type: string }, csv: { type: string } } }
    steps:
      - { stepId: a, operationId: a }
`)

async function read(
  files: Record<string, string>,
  source: InputSource,
  load: object = { rps: 1, duration: 1 },
  workflowId = 'main',
) {
  const api = openapi({ a: ['get', '/a'] })
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow, ...files })
  const { document } = await readRef(`${folder}/flow.arazzo.yaml#main`)
  const workflow = findWorkflow(document, workflowId)
  const inFolder = fromFolder(folder, workflow, source)
  try {
    return readFeed(workflow, inFolder, { password: 'secret-of-all' }, steadyUsers(readShape(load).plan!)).plan
  } catch (error) {
    return slashed((error as Error).message)
      .replaceAll(`${slashed(folder)}/`, '')
      .replaceAll(/\n[ >]+\d* \|.*/g, '')
  }
}

const rowsOf = (plan: unknown) => (plan as { rows: unknown[] }).rows

describe('files', () => {
  test('CSV: cells become what the schema says, defaults and constants are filled in', async () => {
    const csv =
      '\uFEFFuser, age ,admin,note,limit,tags,password\n' +
      'ann,31,TRUE,,,"[""a"",""b""]",s3cret-ann\n\n' +
      '"bob, the\nbuilder",0,false,x,1.5e3,,\n'
    const plan = await read({ 'users.csv': csv }, { rows: 'users.csv' })
    expect(plan).toMatchObject({ kind: 'rows', order: 'sequential', per: 'iteration' })
    expect(rowsOf(plan)).toEqual([
      { user: 'ann', age: 31, admin: true, note: '', limit: null, tags: ['a', 'b'], password: 's3cret-ann' },
      { user: 'bob, the\nbuilder', age: 0, admin: false, note: 'x', limit: 1500, password: '' },
    ])
  })

  test('CSV with other delimiters, JSON, and JSON lines', async () => {
    const rows = [
      { user: 'ann', age: 1 },
      { user: 'bob', age: 2 },
    ]
    const complete = rows.map(row => ({ ...row, admin: false, password: 'secret-of-all' }))
    const files = {
      'u.CSV': 'user;age\nann;1\nbob;2',
      'u.tsv': '\n"user"\t"age"\nann\t1\nbob\t2',
      'u.json': JSON.stringify(rows),
      'u.jsonl': rows.map(row => JSON.stringify(row)).join('\r\n\r\n'),
    }
    for (const name of Object.keys(files)) expect(rowsOf(await read(files, { rows: name }))).toEqual(complete)
    expect(rowsOf(await read({}, { rows: pathToFileURL(`${project(files)}/u.json`) }))).toEqual(complete)
    expect(rowsOf(await read(files, rows))).toEqual(complete)
  })

  test('CSV: what stands in quotes tells nothing of the delimiter', async () => {
    const files = { 'quoted.csv': '"a;b;c",d\n"1;2\t3",4\n' }
    const plan = await read(files, asFeed({ rows: 'quoted.csv' }), undefined, 'named')
    expect(rowsOf(plan)).toEqual([{ 'a;b;c': '1;2\t3', d: '4', password: 'secret-of-all' }])
  })

  test('an input of the workflow may be called rows, or what a feed was told by', async () => {
    expect(await read({}, { rows: 'u.csv', csv: 'u.csv' }, undefined, 'named')).toMatchObject({ kind: 'fixed' })
  })
})

describe('what is wrong', () => {
  test('is said before the run, with the line, and without the line itself, which may hold a password', async () => {
    const csv = 'user,age,password,colour\nann,old,hunter2-ann,red\nbob,3,hunter2-bob,\ncy,-1,hunter2-cy,blue\n'
    const message = await read({ 'users.csv': csv }, { rows: 'users.csv' })
    expect(message).not.toContain('hunter2')
    expect(message).toMatchInlineSnapshot(`
      "5 problems

      flow.arazzo.yaml:7:5: Failed to read users.csv:2: input "colour" is not known to it. It knows "user", "age", "admin", "note", "limit", "tags", "password".

      flow.arazzo.yaml:7:5: Failed to read users.csv:2: input "age" must be integer. Correct the value, or the schema of the workflow’s inputs.

      flow.arazzo.yaml:7:5: Failed to read users.csv:3: input "colour" is not known to it. It knows "user", "age", "admin", "note", "limit", "tags", "password".

      flow.arazzo.yaml:7:5: Failed to read users.csv:4: input "colour" is not known to it. It knows "user", "age", "admin", "note", "limit", "tags", "password".

      flow.arazzo.yaml:7:5: Failed to read users.csv:4: input "age" must be >= 0. Correct the value, or the schema of the workflow’s inputs."
    `)
  })

  test('a missing input that was given by a similar name', async () => {
    expect(await read({}, [{ user: 'x', aeg: 3 }])).toContain('"age" is missing. You gave "aeg": is that the same?')
  })

  test('only the first rows are listed', async () => {
    const rows = Array.from({ length: 100 }, () => ({ user: 'x' }))
    expect(await read({}, rows)).toMatchInlineSnapshot(`
      "6 problems

      flow.arazzo.yaml:7:5: Failed to read row 1 of inputs: input "age" is missing. Pass it as inputs: { age: … }, or give it a default in the workflow's inputs schema.

      flow.arazzo.yaml:7:5: Failed to read row 2 of inputs: input "age" is missing. Pass it as inputs: { age: … }, or give it a default in the workflow's inputs schema.

      flow.arazzo.yaml:7:5: Failed to read row 3 of inputs: input "age" is missing. Pass it as inputs: { age: … }, or give it a default in the workflow's inputs schema.

      flow.arazzo.yaml:7:5: Failed to read row 4 of inputs: input "age" is missing. Pass it as inputs: { age: … }, or give it a default in the workflow's inputs schema.

      flow.arazzo.yaml:7:5: Failed to read row 5 of inputs: input "age" is missing. Pass it as inputs: { age: … }, or give it a default in the workflow's inputs schema.

      flow.arazzo.yaml:7:5: Failed to read inputs: 100 of 100 rows are not valid inputs of workflow "main". The first five are listed."
    `)
  })

  test('files', async () => {
    const files = {
      'short.csv': 'user,age\nann\n',
      'empty.csv': 'user,age\n',
      'no.json': '{"user": "ann"}',
      'no.jsonl': '{"user": "ann", "age": 3}\n{"user": \n',
      'list.jsonl': '[1]',
    }
    const messages = await Promise.all(['none.csv', ...Object.keys(files)].map(rows => read(files, { rows })))
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "flow.arazzo.yaml:7:5: Failed to read none.csv: there is no such file. Correct the file, or its path.
      flow.arazzo.yaml:7:5: Failed to read short.csv: Invalid Record Length: columns length is 2, got 1 on line 2. Correct the file, or its path.
      flow.arazzo.yaml:7:5: Failed to read empty.csv: it has no rows. Add some.
      flow.arazzo.yaml:7:5: Failed to read no.json: it is an object, and not a list of objects. Correct the file, or its path.
      flow.arazzo.yaml:7:5: Failed to read no.jsonl: line 2 is not JSON. Correct the file, or its path.
      flow.arazzo.yaml:7:5: Failed to read list.jsonl:1: a list is not an object. Write names and values."
    `)
  })

  test('options', async () => {
    const rows = [{ user: 'ann', age: 1 }]
    const sources: object[] = [
      { rows, ordr: 'random', json: 'x.json' },
      { rows: 5, order: 'rnd', per: 'user' },
      { rows: () => undefined, order: 'unique' },
      ...[undefined, './users.txt', new URL('https://example.com/users.csv')].map(rows => ({ rows })),
    ]
    const faults = sources.flatMap(source => feedFaults({} as Workflow, source as InputSource))
    expect(faults.map(sentenceOf).join('\n')).toMatchInlineSnapshot(`
      "Failed to read inputs.ordr: there is no such key. Did you mean "order"?
      Failed to read inputs.json: there is no such key. Use rows: './users.json'.
      Failed to read inputs.rows: 5 is not a file, a list or a function.
      Failed to read inputs.order: "rnd" is not one of its values. It is "sequential" or "random" or "unique".
      Failed to read inputs.per: "user" is not one of its values. It is "iteration" or "vu".
      Failed to read inputs.order: it does not go with a function, which decides itself. Remove order.
      Failed to read inputs.rows: undefined is not a file, a list or a function.
      Failed to read inputs.rows: "./users.txt" is not a file of rows. Use a .csv, .tsv, .json or .jsonl file.
      Failed to read inputs.rows: "https://example.com/users.csv" is not a file of rows. Use a .csv, .tsv, .json or .jsonl file."
    `)
  })

  test('fewer unique rows than users that each keep one', async () => {
    const rows = [{ user: 'ann', age: 1 }]
    const feed = { rows, per: 'vu', order: 'unique' } as const
    expect(await read({}, feed, { vus: 2, iterations: 5 })).toMatchInlineSnapshot(
      `"flow.arazzo.yaml:7:5: Failed to read inputs: there are 1 rows for 2 virtual users. Add rows, ask for fewer users, or let them share rows (order: sequential)."`,
    )
    expect(await read({}, feed, { vus: 1, iterations: 5 })).toMatchObject({ kind: 'rows' })
    expect(await read({}, { ...feed, order: 'sequential' }, { vus: 2, iterations: 5 })).toMatchObject({ kind: 'rows' })
  })
})

test('constants are added to feeds of every form, and give way to their own', async () => {
  const { document } = await readRef(
    `${project({ 'api.json': openapi({ a: ['get', '/a'] }), 'f.arazzo.yaml': flow })}/f.arazzo.yaml#main`,
  )
  const workflow = findWorkflow(document, 'main')
  const call = () => undefined
  const plus = (source: InputSource | undefined) => {
    const joined = withConstants(workflow, { age: 1, user: 'x' }, source)
    return [{ ...joined }, constantsOf(workflow, joined)]
  }
  expect(plus(undefined)).toEqual([{}, { age: 1, user: 'x' }])
  expect(plus({ user: 'y' })).toEqual([{}, { age: 1, user: 'y' }])
  expect(plus([{ user: 'y' }])).toEqual([{ rows: [{ user: 'y' }] }, { age: 1, user: 'x' }])
  expect(plus(call)).toEqual([{ rows: call }, { age: 1, user: 'x' }])
  expect(plus(asFeed({ rows: 'a.csv' }, { user: 'y' }))).toEqual([{ rows: 'a.csv' }, { age: 1, user: 'y' }])
})
