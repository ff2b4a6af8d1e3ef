import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { Ahead } from '../../../plugin/transform/ahead.ts'

let folder: string
let made: string[]
let names: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-ahead-'))
  made = []
  names = ['a', 'b', 'c', 'openapi'].map(name => join(folder, name))
  for (const name of names) {
    writeFileSync(name, name)
    utimesSync(name, 1, 1)
  }
  const own = folder
  return () => rmSync(own, { recursive: true })
})

const [A, B, C, OPENAPI] = [0, 1, 2, 3]
const file = (n: number) => names[n]!

function ahead() {
  return new Ahead(async file => {
    made.push(file)
    await setTimeout(1)
    if (file === names[C]) throw new Error('Failed to make c.')
    return { file, files: [file, names[OPENAPI]!] }
  })
}

test('what was made ahead is given, once', async () => {
  const one = ahead()
  await one.begin([file(A), file(B)])
  expect(made).toEqual([file(A), file(B)])
  expect(await one.take(file(B))).toMatchObject({ file: file(B) })
  expect(made).toHaveLength(2)
  await one.take(file(B))
  expect(made).toEqual([file(A), file(B), file(B)])
})

test('what is asked for before its turn is made at once, and not again', async () => {
  const one = ahead()
  const all = one.begin([file(A), file(B)])
  await one.take(file(B))
  await all
  expect(made).toEqual([file(B), file(A)])
})

test('a file that changed meanwhile, or one that it was made of, is read again', async () => {
  const one = ahead()
  await one.begin([file(A), file(B)])
  const later = Date.now() / 1000 + 1
  utimesSync(file(A), later, later)
  await one.take(file(A))
  expect(made).toEqual([file(A), file(B), file(A)])
  utimesSync(file(OPENAPI), later, later)
  await one.take(file(B))
  expect(made).toEqual([file(A), file(B), file(A), file(B)])
})

test('who asks is told why it could not be made, and nobody else', async () => {
  const one = ahead()
  await one.begin([file(C), file(A)])
  await expect(one.take(file(C))).rejects.toThrow('Failed to make c.')
})

test('a new run forgets the one before', async () => {
  const one = ahead()
  const first = one.begin([file(A), file(B)])
  await one.begin([file(B)])
  await first
  await one.take(file(A))
  expect(made.filter(name => name === file(B))).toHaveLength(1)
})
