import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { OutputTail, quotedLines } from '../../../plugin/server/output-tail.ts'
import { systemTime } from '../../../src/measure/clock.ts'

function tail(limit: number) {
  const stream = new PassThrough()
  const output = new OutputTail(limit)
  output.collect(stream)
  /** Resolves once what was written has been read. */
  const write = (text: string | Buffer) =>
    new Promise<void>(done => {
      stream.once('data', () => setImmediate(done))
      stream.write(text)
    })
  return { output, write }
}

test('what was written since a time, and all of it', async () => {
  const { output, write } = tail(100)
  await write('before\n')
  const time = systemTime()
  await write('after\n')
  expect(output.text()).toBe('before\nafter\n')
  expect(output.text(time)).toBe('after\n')
  expect(output.text(systemTime())).toBe('')
})

test('of much only the last is kept, whatever the pieces it came in', async () => {
  const { output, write } = tail(10)
  for (const piece of ['abcdefgh', 'ijkl', 'mnopqrstu', 'v']) await write(piece)
  expect(output.text()).toBe('lmnopqrstuv')
  await write('0123456789ABCDEFGHIJKLMNOP')
  expect(output.text()).toBe('GHIJKLMNOP')
})

test('a character that is split stays whole', async () => {
  const { output, write } = tail(10)
  const bytes = Buffer.from('é')
  await write(bytes.subarray(0, 1))
  await write(bytes.subarray(1))
  expect(output.text()).toBe('é')
})

describe('quoted lines', () => {
  const stack = (count: number) => Array.from({ length: count }, (_, n) => `    at step${n} (app.js:${n + 1}:1)`)

  test('begin with what went wrong, however long the stack is', () => {
    const output = ['listening soon', 'Error: SHOP_SECRET is not set', ...stack(30), '', 'Node.js v20.20.2'].join('\n')
    const lines = quotedLines(output)
    expect(lines[0]).toBe('  | Error: SHOP_SECRET is not set')
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toBe('  | Node.js v20.20.2')
  })

  test.each([
    'npm error code E404',
    'TypeError: x is not a function',
    'django.core.exceptions.ImproperlyConfigured: no database',
    'panic: runtime error',
    'fatal: not a git repository',
    'Uncaught ReferenceError: y is not defined',
  ])('name %s once', line => {
    const lines = quotedLines([...stack(4), line, ...stack(3)].join('\n'))
    expect(lines.filter(one => one === `  | ${line}`)).toHaveLength(1)
    expect(lines).toHaveLength(8)
    expect(lines[0]).toBe(`  | ${line}`)
  })

  test('have the reason of npm, whose every line looks like an error', () => {
    const help = Array.from({ length: 40 }, (_, n) => `npm error   --flag-${n}`)
    const reason = [
      'npm error `npm ci` can only install packages when they are in sync',
      'npm error Missing: x@1 from lock file',
    ]
    const lines = quotedLines(['npm error code EUSAGE', 'npm error', ...reason, ...help].join('\n'))
    expect(lines.slice(0, 3)).toEqual(['npm error code EUSAGE', ...reason].map(line => `  | ${line}`))
  })

  test('of a short output stay in their order', () => {
    expect(quotedLines('one\nError: two\nthree\n')).toEqual(['  | one', '  | Error: two', '  | three'])
  })
})
