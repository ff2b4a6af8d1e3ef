import { join } from 'node:path'
import { readArazzo } from '../../src/document/read.ts'
import { suitesOf } from '../../src/load/suites/parts.ts'
import { suiteProblems } from '../../src/load/suites/problems.ts'
import type { Random } from '../http/differential/random.ts'
import { within } from './folder.ts'
import type { Kind } from './kind.ts'

const api = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'api', version: '1' },
  paths: { '/a': { get: { operationId: 'a', responses: { 200: { description: 'OK' } } } } },
})

const valid = `arazzo: 1.0.1
info: { title: t, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.json, type: openapi }]
x-vitest: { tags: [] }
workflows:
  - workflowId: main
    inputs: { type: object, properties: { id: { type: string } } }
    dependsOn: []
    x-vitest: { inputs: { rows: [{ id: '1' }] }, timeout: 5s, retry: 1 }
    x-load-test: { rps: 1, duration: 1s, budgets: { p99: 1s } }
    steps:
      - stepId: first
        operationId: a
        parameters: [{ name: id, in: query, value: $inputs.id }]
        successCriteria:
          - { condition: $statusCode == 200 }
          - { context: $response.body, condition: '$.a[?@.b > 1]', type: jsonpath }
        outputs: { a: '$response.body#/a' }
        onFailure: [{ name: again, type: retry, retryAfter: 1, retryLimit: 2 }]
    outputs: { a: $steps.first.outputs.a }
`

/** Put in place of a value, or between two. */
const pieces = [
  ...['__proto__', 'constructor', '[]', '{}', 'null', '~', '!!js/function x', '!!binary AAAA', '&a *a', '*none'],
  ...['$inputs.__proto__.x', '$steps.first.outputs.constructor', '{$inputs.a}{', '$response.body#/~2', '$url'],
  ...['1e999', '-0', '0x7fffffffffffffff', '.nan', '.inf', '2026-13-45', '99999999999999999999999', 'yes', "''"],
  ...['"\\u0000"', '"\\u001b]0;x\\u0007"', '"::error::x"', '"\\uD800"', '"\\u202e"', '|\n', '>-\n', '? - : -'],
  ...[
    '<<: *none',
    '/(a+)+$/',
    '^(?=(a+)+$)',
    '[?@[?@[?@]]]',
    '//*[//*[//*]]',
    '../../../../etc/passwd',
    'file:///dev/zero',
  ],
  ...['https://example.com/a.json', 'main', 'first', './flow.arazzo.yaml', '{ $ref: "#" }', '$components.parameters.x'],
]

const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

const wholes: ((random: Random) => string)[] = [
  () => valid.replace('[{ id:', `${deep('[', ']', 5_000)} #`),
  () => valid.replace('{ type: object', `${deep('{ a: ', '}', 2_000)} #`),
  () =>
    `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`).join('\n')}\n${valid}`,
  random =>
    valid.replace(
      'workflows:',
      `x-many:\n${Array.from({ length: 5_000 }, () => `  k${random.below(1e9)}: 1`).join('\n')}\nworkflows:`,
    ),
  () => valid.replace('steps:', `steps: # ${'x'.repeat(500_000)}`),
  () => valid.replaceAll('first', 'f'.repeat(100_000)),
  random => Buffer.from(Array.from({ length: 2_000 }, () => random.below(256))).toString('latin1'),
  () => `\ufeff${valid}`,
  () => valid.replaceAll('\n', '\r'),
  () => valid.replace('dependsOn: []', 'dependsOn: [main]'),
  () => `${valid}---\n${valid}`,
]

function hostile(random: Random): string {
  if (random.chance(0.1)) return random.of(wholes)(random)
  let text = valid
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const tokens = [...text.matchAll(/[\w$./:-]+|'[^']*'/g)]
    const token = random.of(tokens)
    const [from, to] = [token.index, token.index + token[0].length]
    const piece = random.chance(0.2) ? random.of(tokens)[0] : random.of(pieces)
    const kept = random.chance(0.15) ? token[0] : ''
    text = random.chance(0.1)
      ? text.slice(0, from) + text.slice(to)
      : `${text.slice(0, from)}${kept}${piece}${text.slice(to)}`
  }
  return text
}

/** A document is read, or refused with problems; nothing else is touched. */
export const documents: Kind = {
  name: 'documents',
  quick: 60,
  whole: 3_000,
  attack: random =>
    within({ 'api.json': api, 'flow.arazzo.yaml': hostile(random) }, async folder => {
      const file = join(folder, 'flow.arazzo.yaml')
      const { document, problems } = await readArazzo(file)
      if (document === undefined && problems.length === 0) return 'neither a document nor a problem'
      if (problems.some(({ message, at }) => message === '' || !(at.line >= 1)))
        return `a problem without words or place: ${JSON.stringify(problems)}`
      if (document !== undefined) {
        suiteProblems(document)
        const suites = suitesOf(document)
        if (suites.length === 0) return 'a document without a suite'
        if (suites.every(({ part }) => part !== undefined)) return 'nothing of it would run'
      }
      return Object.keys(Object.prototype).length > 0 ? 'prototypes have members' : undefined
    }),
}
