import { expect, test } from 'vitest'
import { shorten } from '../../src/ground/show.ts'
import { ErrorGroups } from '../../src/load/thread/error-groups.ts'
import { mergeErrors } from '../../src/measure/report/failures.ts'
import { sideBySide } from '../builders/report.ts'
import { growthOf } from '../growth.ts'

const at = { file: 'shop.arazzo.yaml', line: 31, column: 9 }
const failure = (message: string, exemplar = `/${message}`) => ({
  kind: 'criterion',
  message,
  at,
  exemplar: () => shown(exemplar),
})
const shown = (url: string) => ({ method: 'GET', url, headers: {} })
const when = { at: 1_000, latency: 20, thread: 1 }
const add = (groups: ErrorGroups, step: string, failed: ReturnType<typeof failure>) =>
  groups.add(step, failed, () => when)
const urls = ({ exemplars }: { exemplars: { url: string }[] }) => exemplars.map(({ url }) => url)

test('failures of one cause are one group, with their place and the first three exemplars', () => {
  const groups = new ErrorGroups()
  for (let i = 1; i <= 5; i++) add(groups, 'list', failure('no (503)', `request ${i}`))
  add(groups, 'login', failure('no (503)'))
  add(groups, 'list', { ...failure('no (503)'), kind: 'timeout' })
  expect(groups.list()).toEqual([
    {
      step: 'list',
      kind: 'criterion',
      message: 'no (503)',
      count: 5,
      at,
      exemplars: ['request 1', 'request 2', 'request 3'].map(url => ({ ...when, ...shown(url) })),
    },
    {
      step: 'login',
      kind: 'criterion',
      message: 'no (503)',
      count: 1,
      at,
      exemplars: [{ ...when, ...shown('/no (503)') }],
    },
    {
      step: 'list',
      kind: 'timeout',
      message: 'no (503)',
      count: 1,
      at,
      exemplars: [{ ...when, ...shown('/no (503)') }],
    },
  ])
})

test('exemplars are only made when they are kept', () => {
  const groups = new ErrorGroups()
  let made = 0
  for (let i = 0; i < 10; i++) add(groups, 'list', { ...failure('no'), exemplar: () => shown(`${made++}`) })
  expect(made).toBe(3)
})

test('after fifty causes the rest is counted by step and kind, and known causes still on their own', () => {
  const groups = new ErrorGroups()
  for (let i = 0; i < 1_000; i++) add(groups, 'list', failure(`cause ${i}`))
  add(groups, 'list', failure('cause 7'))
  // A cause that begins late is still told from those before.
  for (let i = 0; i < 10; i++) add(groups, 'list', { ...failure(`port ${i} refused`), kind: 'refused' })
  const list = groups.list()
  expect(list).toHaveLength(52)
  expect(list[0]).toMatchObject({
    step: 'list',
    kind: 'criterion',
    message: 'further failures of this kind',
    count: 950,
  })
  expect(list[0]!.at).toBeUndefined()
  expect(urls(list[0]!)).toEqual(['/cause 50', '/cause 51', '/cause 52'])
  expect(list[1]).toMatchObject({ step: 'list', kind: 'refused', message: 'further failures of this kind', count: 10 })
  expect(list[2]).toMatchObject({ message: 'cause 7', count: 2 })
})

test('ten values of a cause are told, further ones together, with the place and what is not met', () => {
  const groups = new ErrorGroups()
  const price = (value: number) => failure(`$response.body#/price > 0 is not met (${value})`)
  for (let i = 0; i < 1_000; i++) add(groups, 'list', price(-i))
  add(groups, 'list', price(-7))
  add(groups, 'get', price(-8))
  const list = groups.list()
  expect(list).toHaveLength(12)
  expect(list[0]).toMatchObject({
    step: 'list',
    message: '$response.body#/price > 0 is not met (further values)',
    count: 990,
    at,
  })
  expect(urls(list[0]!)).toHaveLength(3)
  expect(list[1]).toMatchObject({ message: '$response.body#/price > 0 is not met (-7)', count: 2 })
})

test.each([
  [
    'texts',
    (i: number) => `$response.body#/name == 'a b' is not met ("n${i} of b")`,
    "$response.body#/name == 'a b' is not met",
  ],
  ['positions', (i: number) => `the body is not JSON: "}" at byte ${i}`, 'the body is not JSON: "}" at byte'],
  [
    'faults',
    (i: number) => `GET /pets: the body: #/${i}/id must be integer`,
    'GET /pets: the body ... must be integer',
  ],
  [
    'advices',
    (i: number) => `no response from ${i}: it is closed. Start the application.`,
    'no response from ... it is closed. Start the application.',
  ],
])('%s that differ are values', (_, message, stem) => {
  const groups = new ErrorGroups()
  for (let i = 100; i < 200; i++) add(groups, 'list', failure(message(i)))
  expect(groups.list()[0]).toMatchObject({ message: `${stem} (further values)`, count: 90 })
})

test('a cause that comes among many values of another is told by itself', () => {
  const groups = new ErrorGroups()
  for (let i = 0; i < 100; i++) {
    add(groups, 'list', failure(`$response.body#/price > 0 is not met (${-i})`))
    if (i > 50) add(groups, 'list', failure(`the server responded with 503, and the step has no criteria`))
  }
  expect(groups.list()[1]).toMatchObject({ message: expect.stringContaining('responded with 503'), count: 49 })
})

test('no message ends within brackets or quotes', () => {
  const [two, listed] = [new ErrorGroups(), new ErrorGroups()]
  for (let i = 100; i < 200; i++) {
    add(two, 'list', failure(`$response.body#/a == $response.body#/b is not met (nothing, ${i})`))
    add(listed, 'list', failure(`$.items[?@.price] is not met ([{"sku":"a","price":${i}}])`))
  }
  expect(two.list()[0]).toMatchObject({ message: '$response.body#/a == $response.body#/b is not met (further values)' })
  expect(listed.list()[0]).toMatchObject({ message: '$.items[?@.price] is not met (further values)' })
})

test('values that begin alike among themselves are further values too', () => {
  const groups = new ErrorGroups()
  const name = (value: string) => failure(`$response.body#/name == 1 is not met ("${value}")`)
  for (let i = 0; i < 10; i++) add(groups, 'list', name(`a pet number ${i}`))
  for (const value of ['b', 'a pet number 11', 'a pet number 12', 'c']) add(groups, 'list', name(value))
  expect(groups.list()[0]).toMatchObject({ message: '$response.body#/name == 1 is not met (further values)', count: 4 })
  expect(groups.list()).toHaveLength(11)
})

test('criteria of different places are causes of their own, however alike they begin', () => {
  const groups = new ErrorGroups()
  for (let i = 0; i < 20; i++)
    add(groups, 'list', { ...failure(`$response.body#/${i} is missing`), at: { ...at, line: i } })
  expect(groups.list()).toHaveLength(20)
})

test('values are told together also where other causes came before, and where no further cause is kept apart', () => {
  const groups = new ErrorGroups()
  for (let i = 0; i < 35; i++) add(groups, 'list', failure(`${i}: another cause`))
  for (let i = 0; i < 100; i++) add(groups, 'list', failure(`$response.body#/price > 0 is not met (${-i})`))
  for (let i = 0; i < 100; i++) add(groups, 'login', failure(`the server responded with ${i}`))
  add(groups, 'list', failure('$response.body#/price > 0 is not met (-1.5)'))
  expect(groups.list().slice(0, 2)).toMatchObject([
    { step: 'login', message: 'further failures of this kind', count: 96 },
    { step: 'list', message: '$response.body#/price > 0 is not met (further values)', count: 91 },
  ])
})

test.each([
  ['short values', ''],
  ['values that are shortened', ' and (many) "more" of this and that, and of something else'],
])('a body that is not JSON is told among %s', (_, more) => {
  const groups = new ErrorGroups()
  for (let i = 100; i < 1_000; i++) {
    const value = shorten(JSON.stringify(`${'x y '.repeat(i % 3)}${i}${more}`))
    add(groups, 'list', failure(`$response.body#/name == 'a' is not met (${value})`))
  }
  add(groups, 'list', failure(`$response.body#/name == 'a' is not met (nothing); the body is not JSON: "x" at byte 8`))
  expect(groups.list()[0]).toMatchObject({
    message: "$response.body#/name == 'a' is not met (further values)",
    count: 890,
  })
  expect(groups.list().filter(({ message }) => message.includes('not JSON'))).toHaveLength(1)
})

test('causes that begin alike and go on in different words are told apart', () => {
  const groups = new ErrorGroups()
  for (let i = 0; i < 100; i++) {
    add(groups, 'list', failure(`the body does not match its schema: /k${i} must be integer`))
    if (i > 80) add(groups, 'list', failure(`the body does not match its schema: must have required property 'id'`))
    if (i > 90) add(groups, 'list', failure(`the body does not match its schema: /id must be string`))
  }
  const told = groups.list().map(({ message, count }) => [message.slice('the body does not match its '.length), count])
  expect(told.slice(0, 3)).toEqual([
    ['schema ... must be integer (further values)', 90],
    ["schema: must have required property 'id'", 19],
    ['schema: /id must be string', 9],
  ])
})

test('long messages that begin alike take no more than time in proportion', async () => {
  const growth = await growthOf(200, size => {
    const text = `the content type ${'-'.repeat(size)}"x `
    return () => {
      const groups = new ErrorGroups()
      for (let i = 0; i < 20; i++) add(groups, 'list', failure(`${text}${i}`))
    }
  })
  expect(growth).toBeLessThan(2)
})

test('of very many steps and kinds the rest is one group', () => {
  const groups = new ErrorGroups()
  for (let i = 0; i < 300; i++) add(groups, `step ${i}`, failure(`cause ${i}`))
  const list = groups.list()
  expect(list).toHaveLength(101)
  expect(list[0]).toMatchObject({ step: '', kind: 'other', message: 'failures of further kinds', count: 200 })
})

test('groups of threads add up, within the same bounds', () => {
  const threads = [0, 1].map(thread => {
    const groups = new ErrorGroups()
    for (let i = 0; i < 40; i++) add(groups, 'list', failure(`cause ${i + thread * 20}`, `thread ${thread}`))
    add(groups, 'list', failure('cause 30', `thread ${thread}`))
    return groups.list()
  })
  const merged = mergeErrors(threads[0]!, threads[1]!, sideBySide)!
  expect(merged[0]).toMatchObject({ message: 'cause 30', count: 4 })
  expect(urls(merged[0]!)).toEqual(['thread 0', 'thread 0', 'thread 1'])
  expect(merged).toHaveLength(51)
  expect(merged.at(-1)).toMatchObject({ step: 'list', message: 'further failures of this kind', count: 10 })
  expect(merged.reduce((sum, { count }) => sum + count, 0)).toBe(82)
})

test('values that threads tell by themselves do not take the places of other causes', () => {
  const threads = Array.from({ length: 8 }, (_, thread) => {
    const groups = new ErrorGroups()
    for (let i = 0; i < 100; i++)
      add(groups, 'list', failure(`$response.body#/price > 0 is not met (-${thread}${i}.5)`))
    if (thread === 5) add(groups, 'list', failure(`the body is not JSON: "x" at byte 8`))
    return groups.list()
  })
  const merged = threads.reduce((a, b) => mergeErrors(a, b, sideBySide)!)
  expect(merged.reduce((sum, { count }) => sum + count, 0)).toBe(801)
  expect(merged).toHaveLength(50)
  expect(merged[0]).toMatchObject({ message: '$response.body#/price > 0 is not met (further values)', count: 752 })
  expect(merged.filter(({ message }) => message.includes('not JSON'))).toHaveLength(1)
})

test('what is new of them is told without exemplars, and nothing where nothing is', () => {
  const groups = new ErrorGroups()
  expect(groups.news()).toBeUndefined()
  add(groups, 'list', failure('no (503)'))
  const [told] = groups.news()!
  expect(told).toMatchObject({ step: 'list', kind: 'criterion', message: 'no (503)', count: 1, at, exemplars: [] })
  expect(groups.news()).toBeUndefined()
  add(groups, 'list', failure('no (503)'))
  expect([told!.count, groups.news()![0]!.count]).toEqual([1, 2])
  expect(urls(groups.list()[0]!)).toHaveLength(2)
})
