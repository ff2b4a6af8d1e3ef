import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../http/differential/random.ts'
import type { Said } from '../three-ways/server.ts'
import { functionally, underLoad } from '../three-ways/ways.ts'
import { oneStep, within } from './folder.ts'
import type { Kind } from './kind.ts'

const files = oneStep(
  `successCriteria: [{ condition: $statusCode == 200 }, { condition: $response.body#/id != null }]
        outputs: { id: $response.body#/id, item: $response.body#/list/1, tag: $response.header.ETag }`,
  'outputs: { id: $steps.a.outputs.id, item: $steps.a.outputs.item, tag: $steps.a.outputs.tag }',
)

const bodies = [
  ...[
    '{"id":1,"list":[1,2],"id":2}',
    '{"id":{"id":1},"id":"x"}',
    '{"id":9007199254740993,"list":[0,123456789012345678901234567890]}',
  ],
  ...[
    '{"id":1,"list":[1,2]',
    '{"id":1,"list":[1,2]}}',
    '{"id":1,"list":[1,2],"x":tru}',
    '{"id":1 "list":[]}',
    '{"id":01}',
  ],
  ...[
    '{"\\u0069d":7,"list":[0,"\\ud83d\\ude00"]}',
    '{"id":1e400}',
    '{"id":-0,"list":[0,-0]}',
    '{"id":1.0,"list":[0,1e2]}',
  ],
  ...[
    '{"id":"\\ud800"}',
    '{"__proto__":{"id":1}}',
    '{"constructor":1,"id":null}',
    '[1,2]',
    '"id"',
    'null',
    '',
    ' ',
    '{}',
  ],
  ...[
    '\ufeff{"id":1}',
    '{"id":1,"list":{"1":"x","01":"y"}}',
    '{"list":[[1],[2,[3]]],"id":[]}',
    '<id>1</id>',
    '{"id":"a\nb"}',
  ],
]

function bodyOf(random: Random): string {
  let body = random.of(bodies)
  if (random.chance(0.3)) body = body.replace('{', `{"pad":"${'x'.repeat(random.below(70_000))}",`)
  if (random.chance(0.2)) body = body.replace('"list"', `"deep":${'['.repeat(500)}${']'.repeat(500)},"list"`)
  if (random.chance(0.2)) {
    const at = random.below(body.length + 1)
    body = body.slice(0, at) + random.of(['"', '\\', '{', '}', ',', '\0', '1', ' ', '\u00e9', ']']) + body.slice(at)
  }
  return body
}

function saidBy(random: Random): Said {
  const type = random.of([
    'application/json',
    'application/json; charset=utf-8',
    'application/problem+json',
    'text/plain',
  ])
  const headers: [string, string][] = [['content-type', type]]
  if (random.chance(0.3)) headers.push(['etag', random.of(['"a"', '  "b"  ', 'é', 'a, b', ''])])
  if (random.chance(0.3))
    headers.push(['set-cookie', `c=${random.of(['request', 'passed', 'body', 'id', '200', 'id; Path=/', ''])}`])
  return { status: random.of([200, 200, 200, 200, 201, 404, 500]), headers, body: bodyOf(random) }
}

/** However a response looks, all ways of running see the same state and the same outputs. */
export const responses: Kind = {
  name: 'responses',
  quick: 20,
  whole: 1_500,
  attack: random =>
    within(files, async folder => {
      const said = saidBy(random)
      const way = { document: join(folder, 'flow.arazzo.yaml'), script: () => said, iterations: 2 }
      const expected = await functionally(way)
      for (const transport of ['wire', 'undici'] as const) {
        const sights = await underLoad(transport, way)
        if (sights.length !== 2) return `${transport} made ${sights.length} iterations of 2 of ${JSON.stringify(said)}`
        for (const sight of sights) {
          const [one, other] = [expected, sight].map(({ state, outputs }) => ({ state, outputs }))
          if (!isDeepStrictEqual(one, other))
            return `functionally ${JSON.stringify(one)}, over ${transport} ${JSON.stringify(other)}: ${JSON.stringify(said).slice(0, 500)}`
        }
      }
      return undefined
    }),
}
