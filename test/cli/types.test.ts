import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { declarationsOf, typeOfSchema } from '../../src/cli/types/command.ts'
import { programOf } from '../builders/program.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { askCli } from './cli.ts'

// The types of the whole package are read, once.
vi.setConfig({ testTimeout: 180_000 })

const api = openapi({ buy: ['post', '/orders'] })
const workflow = (id: string, inputs: string, outputs: string) => `
  - workflowId: ${id}
    inputs: ${inputs}
    steps: [{ stepId: buy, operationId: buy, outputs: { total: $response.body#/total } }]
    outputs: ${outputs}`

const files = {
  'api.json': api,
  'shop.arazzo.yaml': arazzo(
    workflow(
      'checkout',
      `
      type: object
      required: [user, count, region, password]
      properties:
        user: { type: string }
        count: { type: integer }
        size: { enum: [small, large] }
        region: { type: string, default: eu }
        password: { type: string }`,
      '{ total: $steps.buy.outputs.total }',
    ) +
      workflow(
        'look',
        '{ type: object, properties: { query: { type: string } } }',
        '{ first-one: $steps.buy.outputs.total }',
      ),
  ),
  'other/alone.arazzo.yaml': arazzo(
    workflow(
      'only',
      '{ type: object, required: [a], properties: { a: { type: number } } }',
      '{ x: $steps.buy.outputs.total }',
    ),
  ).replace('./api', '../api'),
  'a/same.arazzo.yaml': arazzo(
    workflow(
      'w',
      '{ type: object, required: [a], properties: { a: { type: string } } }',
      '{ x: $steps.buy.outputs.total }',
    ),
  ).replace('./api', '../api'),
  'b/same.arazzo.yaml': arazzo(
    workflow(
      'w',
      '{ type: object, required: [b], properties: { b: { type: string } } }',
      '{ x: $steps.buy.outputs.total }',
    ),
  ).replace('./api', '../api'),
}

const RIGHT = `import { loadTest, runWorkflow } from 'vitest-arazzo'
declare const anyRef: string
const load = { vus: 1, iterations: 1 }
const inputs = { user: 'ann', count: 1 }

const report = await runWorkflow('./shop.arazzo.yaml#checkout', { inputs })
report.outputs.total
report.state satisfies 'passed' | 'failed'
;(await runWorkflow('../flows/shop.arazzo.yaml#look')).outputs['first-one']
await runWorkflow('shop.arazzo.yaml#checkout', { inputs: { ...inputs, size: 'small', user: { env: 'USER_NAME' } }, checks: 'off' })
;(await runWorkflow('./alone.arazzo.yaml', { inputs: { a: 1 } })).outputs.x
;(await runWorkflow('./alone.arazzo.yaml#only', { inputs: { a: 1 } })).outputs.x
await runWorkflow('./same.arazzo.yaml#w', { inputs: { a: 'of the one' } })
await runWorkflow('./same.arazzo.yaml#w', { inputs: { b: 'of the other' } })
// What nothing is known of is as it was.
;(await runWorkflow('./unknown.arazzo.yaml#anything', { inputs: { whatever: 1 } })).outputs.anything
;(await runWorkflow(anyRef)).outputs.anything
;(await runWorkflow({ document: new URL('file:///shop.arazzo.yaml'), workflowId: 'x' })).outputs.anything

loadTest('a', { workflow: './shop.arazzo.yaml#checkout', load, inputs, budgets: { p95: '1s' } })
loadTest.skip('b', { workflow: './shop.arazzo.yaml#look', load })
loadTest('c', { workflow: './shop.arazzo.yaml#checkout', load, inputs: { rows: './rows.csv' } })
loadTest('d', { workflow: './shop.arazzo.yaml#checkout', load, inputs: [{ user: 'a', count: 1 }] })
loadTest('e', { workflow: './shop.arazzo.yaml#checkout', load, inputs: n => ({ user: 'a' + n, count: n }) })
loadTest('f', { workflow: './unknown.arazzo.yaml', load, inputs: { whatever: 1 } })
loadTest('g', { workflow: anyRef, load })
loadTest.each([1, 2])('%s', vus => ({ workflow: './shop.arazzo.yaml#look', load: { vus, iterations: 1 } }))
`

/** Each line is wrong. */
const WRONG = `await runWorkflow('./shop.arazzo.yaml#chekout', { inputs })
await runWorkflow('./shop.arazzo.yaml')
await runWorkflow('./shop.arazzo.yaml#checkout')
await runWorkflow('./shop.arazzo.yaml#checkout', { inputs: { user: 'ann' } })
await runWorkflow('./shop.arazzo.yaml#checkout', { inputs: { ...inputs, count: 'one' } })
await runWorkflow('./shop.arazzo.yaml#checkout', { inputs: { ...inputs, size: 'medium' } })
await runWorkflow('./shop.arazzo.yaml#checkout', { inputs: { user: 'ann', count: 1, cuopon: 'x' } })
report.outputs.totl
;(await runWorkflow('./shop.arazzo.yaml#look')).outputs.total
await runWorkflow('./same.arazzo.yaml#w', { inputs: {} })
loadTest('a', { workflow: './shop.arazzo.yaml#chekout', load, inputs })
loadTest('b', { workflow: './shop.arazzo.yaml#checkout', load })
loadTest('c', { workflow: './shop.arazzo.yaml#checkout', load, inputs: {} })
loadTest('d', { workflow: './shop.arazzo.yaml#checkout', load, inputs: { user: 'ann', count: 'one' } })
loadTest('e', { workflow: './shop.arazzo.yaml#checkout', load, inputs: [{ usre: 'ann', count: 1 }] })
loadTest.only('f', { workflow: './shop.arazzo.yaml#chekout', load, inputs })
loadTest('g', { workflow: './shop.arazzo.yaml#look', lod: load })
`

async function call(...args: string[]) {
  vi.spyOn(process, 'cwd').mockReturnValue(tmpdir())
  const said: string[] = []
  for (const name of ['log', 'error'] as const) vi.spyOn(console, name).mockImplementation(text => void said.push(text))
  const code = await main(args)
  vi.restoreAllMocks()
  return { code, said: said.join('\n') }
}

/** Messages by file and line, each with the first sentence of what the compiler says. */
function compiled(paths: readonly string[]): string[] {
  const program = programOf(paths)
  const own = paths.map(path => program.getSourceFile(path)!)
  return own
    .flatMap(file => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, start, messageText }) => {
      const line = file!.getLineAndCharacterOfPosition(start!).line + 1
      return `${file!.fileName.split('/').at(-1)}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
}

test('workflows, inputs and outputs are checked by the compiler', async () => {
  const { 'api.json': moved, ...documents } = files
  const config = `import arazzo from 'vitest-arazzo/plugin'
const options = { inputs: { password: { env: 'PASSWORD' } }, sources: { api: import.meta.dirname + '/moved.json' } }
export default { plugins: [arazzo(options)] }
`
  const configured = await writeSuite({ ...documents, 'moved.json': moved, 'vitest.config.js': config })
  // Not a declaration file, which the compiler would take as it is.
  const types = ['types', '--output', 'workflows.ts']
  expect(await askCli(await builtPlugin(), types, configured)).toMatchObject({ code: 0, stderr: '' })
  const folder = project({ ...files, 'workflows.ts': readFileSync(join(configured, 'workflows.ts'), 'utf8') })

  const lines = WRONG.trimEnd().split('\n')
  writeFileSync(join(folder, 'right.ts'), `${RIGHT}export { inputs, load, report }\n`)
  writeFileSync(
    join(folder, 'wrong.ts'),
    `import { loadTest, runWorkflow } from 'vitest-arazzo'
import { inputs, load, report } from './right.js'
${WRONG}`,
  )
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const found = compiled(['workflows.ts', 'right.ts', 'wrong.ts'].map(file => join(folder, file)))
  expect(found.filter(message => !message.startsWith('wrong.ts'))).toEqual([])
  const silent = lines.filter((_, index) => !found.some(message => message.startsWith(`wrong.ts:${index + 3} `)))
  expect(silent).toEqual([])
  // The one that was meant is named, in the words of the file.
  expect(found[0]).toContain('"./shop.arazzo.yaml#checkout"')
})

test('--check is 1 when the file is stale, and writes nothing', async () => {
  const folder = project(files)
  const output = join(folder, 'types/arazzo.d.ts')
  const ask = (...more: string[]) => call('types', folder, '--output', output, ...more)
  expect(await ask('--check')).toMatchObject({ code: 1, said: expect.stringContaining('it is not there. Run npx') })
  expect(await ask()).toMatchObject({ code: 0, said: expect.stringContaining('5 workflows of 4 documents') })
  const text = readFileSync(output, 'utf8')
  expect(await ask('--check')).toMatchObject({ code: 0 })

  writeFileSync(
    join(folder, 'shop.arazzo.yaml'),
    files['shop.arazzo.yaml'].replace('workflowId: look', 'workflowId: see'),
  )
  expect(await ask('--check')).toMatchObject({ code: 1, said: expect.stringContaining('have changed since') })
  expect(readFileSync(output, 'utf8')).toBe(text)
  expect(await ask()).toMatchObject({ code: 0 })
  expect(await ask('--check')).toMatchObject({ code: 0 })

  // What cannot be read leaves the file as it is.
  writeFileSync(join(folder, 'shop.arazzo.yaml'), 'arazzo: 1.0.1\n')
  const written = readFileSync(output, 'utf8')
  expect(await ask()).toMatchObject({ code: 2 })
  expect(await ask('--check')).toMatchObject({ code: 2 })
  expect(readFileSync(output, 'utf8')).toBe(written)
  expect(await call('types', folder, '--output', 'types.json')).toMatchObject({ code: 2 })
})

test('a file of somebody else is left as it is, and what cannot be written is told', async () => {
  const folder = project({ ...files, 'mine.ts': 'export const mine = 1\n', 'empty.d.ts': '\n' })
  mkdirSync(join(folder, 'folder.d.ts'))
  const write = (output: string) => call('types', folder, '--output', join(folder, output))
  const found = 'it is there already, and not by this command. Name another file by --output, or remove this one.'
  expect(await write('mine.ts')).toMatchObject({ code: 2, said: expect.stringContaining(found) })
  expect(readFileSync(join(folder, 'mine.ts'), 'utf8')).toBe('export const mine = 1\n')
  for (const output of ['folder.d.ts', 'mine.ts/x.d.ts'])
    expect(await write(output)).toMatchObject({ code: 2, said: expect.stringMatching(/^Failed to (read|write) /) })
  expect(await write('empty.d.ts')).toMatchObject({ code: 0 })
  expect(await write('empty.d.ts')).toMatchObject({ code: 0 })
})

test('names and values of a document are no code in the declaration file', () => {
  const evil = `'"\`*/ } \${x}\n\\u2028; declare const pwned: 1`
  const inputs = { type: 'object', required: [evil], properties: { [evil]: { enum: [evil, 'b'] }, constructor: {} } }
  const workflow = { workflowId: evil, inputs, outputs: [{ name: '__proto__' }], steps: [] }
  const text = declarationsOf([{ file: `/a/${evil}.yaml`, workflows: [workflow], given: new Set() } as never])
  const source = ts.createSourceFile('workflows.d.ts', text, ts.ScriptTarget.Latest, true) as ts.SourceFile & {
    parseDiagnostics: readonly unknown[]
  }
  expect(source.parseDiagnostics).toEqual([])
  expect(source.statements.map(({ kind }) => ts.SyntaxKind[kind])).toEqual(['ImportDeclaration', 'ModuleDeclaration'])
})

test.each([
  [{ type: 'array', items: { type: ['string', 'null'] } }, 'readonly (string | null)[]'],
  [{ type: 'integer', format: 'int64' }, 'number | bigint'],
  [{ anyOf: [{ const: 1 }, { const: 'a"b' }] }, '1 | "a\\"b"'],
  [
    {
      allOf: [
        { properties: { a: {} }, required: ['a'] },
        { type: 'object', properties: { b: true } },
      ],
    },
    '{ a: unknown } & { b?: unknown }',
  ],
  [{ type: 'object', additionalProperties: true }, '{ [name: string]: unknown }'],
  [
    { type: 'object', required: ['x-y', 'z'], properties: { 'x-y': { type: 'string' }, q: { type: 'number' } } },
    '{ "x-y": string; q?: number; z: unknown }',
  ],
  [{ type: 'string', nullable: true }, 'string | null'],
  [{ $ref: '#/x' }, 'unknown'],
  [{ enum: [{ a: 1 }, 'b'] }, 'unknown | "b"'],
  [{ type: 'array', prefixItems: [{ type: 'string' }] }, 'readonly unknown[]'],
  [false, 'never'],
  [true, 'unknown'],
] as const)('%j is %s', (schema, type) => {
  expect(typeOfSchema(schema as never)).toBe(type)
})
