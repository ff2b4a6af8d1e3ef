import { Buffer } from 'node:buffer'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { bench, describe } from 'vitest'
import type { Expression } from '../../src/expression/ast.ts'
import { narrowQuery, narrowSelector } from '../../src/expression/narrow.ts'
import { getAt, parsePointer } from '../../src/expression/pointer.ts'
import { parseJson } from '../../src/ground/json.ts'
import { JsonReader, selectPointers } from '../../src/http/select/index.ts'
import { document } from '../macro/bodies.ts'

const reader = new JsonReader()
const body: Expression = { kind: 'response', part: 'body' }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that a value holds. */
function held(make: () => unknown): number {
  const kept: unknown[] = []
  const memory = () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  make()
  const before = memory()
  for (let n = 0; n < 4; n++) kept.push(make())
  return (memory() - before) / kept.length
}

/** A query with its nodes, and with the whole that it searches. */
function compare(title: string, json: string, text: string, isCriterion = false): void {
  const bytes = Buffer.from(json)
  const narrow = isCriterion
    ? narrowQuery(body, 'rfc9535', text)!
    : narrowSelector(body, { type: 'jsonpath', version: 'rfc9535' }, text)
  const use = 'exists' in narrow ? narrow.exists : narrow.select!
  const pointerOf = ({ context, read }: typeof narrow, isRead: boolean) => {
    const { pointer = parsePointer('') } = (isRead ? read : context) as { pointer?: ReturnType<typeof parsePointer> }
    return pointer
  }
  const [whole, nodes] = [pointerOf(narrow, false), pointerOf(narrow, true)]
  const read = (pointer: ReturnType<typeof parsePointer>) => {
    const selection = selectPointers([pointer])
    return () => {
      if (!reader.read(selection, bytes, 0, bytes.length)) throw new Error(reader.fault.found)
      return reader.values[0]
    }
  }
  const ways = {
    'its nodes': read(nodes),
    // The body as a whole was parsed without a look at its bytes.
    'all of it': whole.tokens.length === 0 ? () => getAt(parseJson(bytes.toString()), whole) : read(whole),
  }
  const memory = Object.entries(ways).map(([name, make]) => `${name} ${Math.round(held(make) / 1000)} KB`)
  console.info(`${text}${isCriterion ? ' (criterion)' : ''} of ${title}, memory: ${memory.join(', ')}`)
  describe(`${text}${isCriterion ? ' (criterion)' : ''} of ${title}`, () => {
    for (const [name, make] of Object.entries(ways)) {
      bench(name, () => {
        use(make())
      })
    }
  })
}

const large = document(1_000_000)
const { items } = JSON.parse(large) as { items: object[] }
const list = JSON.stringify(items.map((item, id) => ({ ...item, id })))
compare('1 MB', large, '$.items[*].id')
compare('1 MB', large, '$.items[*].id', true)
compare('1 MB', large, '$.items[0].id')
compare('a list of 1 MB', list, '$[?@.id == 7].name')
compare('a list of 1 MB', list, '$[?@.id == 7]', true)
compare('10 KB', document(10_000), '$.items[*].id')
compare('10 KB', document(10_000), '$.items[?@.price > 4].name')
compare('a list of which all is selected', JSON.stringify(items.map((_, id) => ({ id }))), '$[*].id')
