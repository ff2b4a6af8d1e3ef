import { expect, test } from 'vitest'
import { EventParser, type ParsedEvent } from '../../../src/http/events.ts'

/** Events of a stream that comes in pieces. */
function eventsOf(...pieces: (string | Uint8Array)[]): ParsedEvent[] {
  const events: ParsedEvent[] = []
  const parser = new EventParser(event => {
    events.push(event)
    return true
  })
  for (const piece of pieces) parser.feed(Buffer.from(piece))
  return events
}

const message = (data: string, more: Partial<ParsedEvent> = {}): ParsedEvent => ({
  event: 'message',
  id: '',
  data,
  ...more,
})

/** Among them are the cases of the Web Platform Tests, eventsource/format-*.any.js. */
const cases: Record<string, [stream: string, events: ParsedEvent[]]> = {
  nothing: ['', []],
  'an event': ['data: a\n\n', [message('a')]],
  'an event that has not ended': ['data: a\n\ndata: b\n', [message('a')]],
  'a line that has not ended': ['data: a\n\ndata: b', [message('a')]],
  'lines of data': ['data: a\ndata:b\ndata:\ndata\n\n', [message('a\nb\n\n')]],
  'empty data': ['data\n\ndata\ndata\n\ndata:test\n\n', [message(''), message('\n'), message('test')]],
  'no data': ['event: a\n\nid: 1\n\nretry: 5\n\n', []],
  'one space of many': ['data:  a \n\n', [message(' a ')]],
  'a tab is no space': ['data:\ta\n\n', [message('\ta')]],
  'a colon in the data': ['data: a: b\n\n', [message('a: b')]],
  comments: [': c\n:\n:data: x\ndata: a\n: d\n\n', [message('a')]],
  'a type': ['event: b\ndata: a\n\ndata: c\n\n', [message('a', { event: 'b' }), message('c')]],
  'an empty type': ['event: \ndata: a\n\n', [message('a')]],
  'the last type of two': ['event: b\nevent: c\ndata: a\n\n', [message('a', { event: 'c' })]],
  'a type without data is forgotten': ['event: b\n\ndata: a\n\n', [message('a')]],
  'an id': ['id: 1\ndata: a\n\ndata: b\n\n', [message('a', { id: '1' }), message('b', { id: '1' })]],
  'an id without data': ['id: 1\n\ndata: a\n\n', [message('a', { id: '1' })]],
  'an id that is emptied': ['id: 1\ndata: a\n\nid\ndata: b\n\n', [message('a', { id: '1' }), message('b')]],
  'an id with NUL': ['id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', [message('a', { id: '1' }), message('b', { id: '1' })]],
  'NUL in the data': ['data: a\0b\n\n', [message('a\0b')]],
  'fields in capitals': ['Data: a\nDATA: b\ndata: c\n\n', [message('c')]],
  'spaces before a field, and behind it': [' data: a\ndata : b\n\n', []],
  'unknown fields': ['x: a\nfoo\ndata: c\n\n', [message('c')]],
  'a retry': ['retry: 030\ndata: a\n\ndata: b\n\n', [message('a', { retry: 30 }), message('b')]],
  'a retry that is none': ['retry: 3.5\nretry: -3\nretry:\nretry: ٣\nretry: 3x\ndata: a\n\n', [message('a')]],
  'CR LF': ['data: a\r\ndata: b\r\n\r\n', [message('a\nb')]],
  CR: ['data: a\rdata: b\r\rdata: c\r\r', [message('a\nb'), message('c')]],
  'line ends mixed': ['data:test\r\ndata\ndata:test\r\n\r', [message('test\n\ntest')]],
  'LF CR': ['data: a\n\rdata: b\n\n', [message('a'), message('b')]],
  'other line ends': ['data: a\u2028b\u0085c\v\f\n\n', [message('a\u2028b\u0085c\v\f')]],
  'a byte order mark': ['\ufeffdata: a\n\n', [message('a')]],
  'two byte order marks': ['\ufeff\ufeffdata: a\n\ndata: b\n\ndata: c\n\n', [message('b'), message('c')]],
  'a byte order mark later': ['data: a\n\n\ufeffdata: b\n\n', [message('a')]],
  'UTF-8': ['data: ok\u2026 \u{1f600}é\n\n', [message('ok\u2026 \u{1f600}é')]],
  'names of what all objects have': ['__proto__: a\nconstructor: b\ndata: c\n\n', [message('c')]],
}

test.each(Object.entries(cases))('%s, in one piece and cut anywhere', (_, [stream, events]) => {
  expect(eventsOf(stream)).toEqual(events)
  const bytes = Buffer.from(stream)
  expect(eventsOf(...[...bytes].map(byte => Uint8Array.of(byte)))).toEqual(events)
  for (let cut = 0; cut <= bytes.length; cut++)
    expect(eventsOf(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(events)
})

test('bytes that are not UTF-8 are replaced, as in any text', () => {
  expect(eventsOf(Buffer.from('646174613a20ff61e2820a0a', 'hex'))).toEqual([message('\ufffda\ufffd')])
})

test('an event that ends in CR is there at once, and the LF behind it ends nothing', () => {
  const seen: string[] = []
  const parser = new EventParser(({ data }) => {
    seen.push(data)
    return true
  })
  parser.feed(Buffer.from('data: a\r\r'))
  expect(seen).toEqual(['a'])
  parser.feed(Buffer.from('\ndata: b\r'))
  parser.feed(Buffer.from('\n\r'))
  expect(seen).toEqual(['a', 'b'])
})

test('what follows is not read where no more is wanted', () => {
  const seen: string[] = []
  const parser = new EventParser(({ data }) => {
    seen.push(data)
    return false
  })
  expect(parser.feed(Buffer.from('data: a\n'))).toBe(true)
  expect(parser.feed(Buffer.from('\ndata: b\n\n'))).toBe(false)
  expect(seen).toEqual(['a'])
})

test('a line of many pieces takes as many steps', () => {
  const piece = Buffer.alloc(65_536, 'x')
  let seen = 0
  const parser = new EventParser(({ data }) => {
    seen = data.length
    return true
  })
  parser.feed(Buffer.from('data:'))
  for (let i = 0; i < 1_000; i++) parser.feed(piece)
  parser.feed(Buffer.from('\n\n'))
  expect(seen).toBe(65_536_000)
})
