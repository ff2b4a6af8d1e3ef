import fc from 'fast-check'
import { compileJsonPath } from '../../../src/expression/jsonpath.ts'
import { tried } from '../../../src/ground/tried.ts'
import { containersOf, escaped } from './containers.ts'

/*
 * Documents and queries that meet: few names, so that queries find something, and all that could tell the nodes of the
 * bytes from those of the engine.
 */

const LONG = 'a-name-that-is-longer-than-what-is-read-in-one-loop'
const NAMES = ['a', 'b', 'id', 'a', 'b', 'id', '__proto__', 'constructor', '0', '1', '10', '', 'é', LONG, 'length']

const space = fc.constantFrom('', '', '', '', ' ', '\n\t')
const name = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...NAMES).map(text => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES).map(text => `"${escaped(text)}"`) },
  { weight: 1, arbitrary: fc.constantFrom('"\\\\"', '"\\""', '"b\\n"', '"\ufffd"', '"\\ud800"', '"i\\u0064"') },
)
const scalar = fc.constantFrom(
  ...['1', '2', '0', '-0', '1.5e3', '7', '7.0', '12345678901234567890', '12345678901234567891', 'true', 'false'],
  ...[
    'null',
    '"a"',
    '"7"',
    '""',
    '"}"',
    '"a\\"]"',
    '"\\u0061"',
    '"é\ud83d\ude00"',
    `"${'x, "y": {'.replaceAll('"', '')}"`,
  ],
  JSON.stringify(`${'long text '.repeat(12)}\\`),
)

const { value } = fc.letrec<{ value: string; container: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    { weight: 4, arbitrary: tie('container') },
  ),
  container: containersOf(tie('value'), name, space, { items: 5, members: 6 }),
}))

/** A list of alike objects, as an API has it, alone or in an object. */
const list = fc
  .tuple(
    fc.constantFrom('', '{"a":', '{"id":1,"b":', '{"a":{"b":'),
    fc.array(fc.array(fc.tuple(fc.constantFrom('"a"', '"b"', '"id"', '"id"', '"é"', '"c"'), value), { maxLength: 5 }), {
      maxLength: 5,
    }),
  )
  .map(([open, items]) => {
    const objects = items.map(members => `{${members.map(([key, member]) => `${key}:${member}`).join(',')}}`)
    return `${open}[${objects.join(', ')}]${'}'.repeat(open.split('{').length - 1)}`
  })
/** JSON text. */
export const documents = fc.oneof(
  { weight: 30, arbitrary: fc.tuple(space, value, space).map(parts => parts.join('')) },
  { weight: 60, arbitrary: list },
)

const QUERY_NAMES = ['a', 'b', 'id', 'a', 'b', 'id', '__proto__', '0', '10', '', 'é', LONG, 'length', '\\\\', '\ufffd']
const nameSelector = fc.constantFrom(...QUERY_NAMES).map(text => `'${text}'`)
const index = fc.constantFrom('0', '1', '2', '7')
const fromEnd = fc.constantFrom('-1', '-2', ':2', '1:', '::-1', '1:3', '::2', '-2:')
const literal = fc.constantFrom('7', '1', "'a'", "'7'", 'null', 'true', '1500', '12345678901234567890', "''")

const { query } = fc.letrec<Record<'query' | 'segments' | 'segment' | 'selector' | 'filter' | 'test' | 'path', string>>(
  tie => ({
    query: fc
      .tuple(
        fc.constantFrom('$', '$', '$[*]', '$.a', '$.a[*]', '$.b[*]', '$[0]', '$..id', '$[?@.id]'),
        fc.array(tie('segment'), { minLength: 1, maxLength: 3 }),
      )
      .map(([from, segments]) => from + segments.join('')),
    segments: fc.array(tie('segment'), { maxLength: 2 }).map(parts => parts.join('')),
    segment: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('.a', '.b', '.id') },
      { weight: 3, arbitrary: fc.constantFrom('[*]', '.*') },
      { weight: 2, arbitrary: fc.constantFrom('..a', '..id', '..b', '..[0]', '..[-1]') },
      { weight: 3, arbitrary: tie('selector').map(text => `[${text}]`) },
      { weight: 1, arbitrary: fc.tuple(tie('selector'), tie('selector')).map(([a, b]) => `[${a},${b}]`) },
      { weight: 1, arbitrary: tie('selector').map(text => `..[${text}]`) },
    ),
    selector: fc.oneof(
      { maxDepth: 3 },
      nameSelector,
      index,
      fromEnd,
      fc.constant('*'),
      tie('filter').map(text => `?${text}`),
    ),
    filter: fc.oneof(
      { maxDepth: 3 },
      tie('test'),
      fc.tuple(tie('test'), fc.constantFrom('&&', '||'), tie('filter')).map(parts => parts.join(' ')),
      tie('filter').map(text => `!(${text})`),
    ),
    test: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(tie('path'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), literal).map(parts => parts.join(' ')),
      fc.tuple(tie('path'), fc.constantFrom('==', '<='), tie('path')).map(parts => parts.join(' ')),
      tie('path'),
      tie('segments').map(text => `@${text}`),
      tie('path').map(text => `!${text}`),
      fc.tuple(fc.constantFrom('length', 'value'), tie('path')).map(([f, path]) => `${f}(${path}) == 1`),
      tie('segments').map(text => `count(@${text}) > 1`),
      tie('path').map(path => `match(${path}, '[a7]')`),
      tie('path').map(path => `search(${path}, 'text')`),
    ),
    // Those that select one node at most, which is what comparisons take.
    path: fc
      .tuple(
        fc.constantFrom('@', '@', '@', '@', '$'),
        fc.array(
          fc.oneof(
            fc.constantFrom('.a', '.b', '.id'),
            index.map(text => `[${text}]`),
            fc.constant('[-1]'),
          ),
          { maxLength: 3 },
        ),
      )
      .map(([from, parts]) => from + parts.join('')),
  }),
)

/** From value to value, as most are. */
const member = fc.constantFrom('@.a', '@.b', '@.id', "@['é']", "@['\\\\']", "@['__proto__']")
const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=')
const comparison = fc.oneof(
  fc.tuple(member, operator, literal).map(parts => parts.join(' ')),
  fc.tuple(literal, operator, member).map(parts => parts.join(' ')),
  fc.tuple(member, fc.constantFrom('==', '!=', '<='), member).map(parts => parts.join(' ')),
  member,
  member.map(text => `!${text}`),
)
const chain = fc
  .tuple(
    fc.constantFrom('$', '$.a', '$.b', '$[*]', '$.a.b'),
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom('.a', '.id', '.id', '.b', '[*]', '[*]', '[0]', '[1]', "['é']") },
        { weight: 1, arbitrary: nameSelector.map(text => `[${text}]`) },
        { weight: 2, arbitrary: comparison.map(text => `[?${text}]`) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(comparison, fc.constantFrom('&&', '||'), comparison, fc.constantFrom('', '!'))
            .map(([a, both, b, not]) => `[?${not}(${a} ${both} ${b})]`),
        },
      ),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([from, steps]) => from + steps.join(''))

/** Queries of RFC 9535; json-p3 refuses some in which a filter stands within a filter, though they are valid. */
export const queries: fc.Arbitrary<string> = fc
  .oneof(query, { weight: 2, arbitrary: chain })
  .filter(text => tried(() => compileJsonPath(text)) !== undefined)
