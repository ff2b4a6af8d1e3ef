import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { OutputTail } from '../../../plugin/server/output-tail.ts'
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
