import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ArazzoError, describeProblems, didYouMean, type Problem, shortPath } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { freshFolder } from '../builders/folder.ts'

describe('didYouMean', () => {
  test.each([
    ['createOrdr', ['createOrder', 'deleteOrder'], 'createOrder'],
    ['PAR', ['Par', 'Token'], 'Par'],
    ['pet', ['dogs', 'pets'], 'pets'],
    ['categories', ['category', 'carts'], 'category'],
    ['get-token', ['getToken', 'getTokens'], 'getToken'],
    ['p95', ['p99', 'rps'], 'p99'],
    ['checkout', ['login', 'search'], undefined],
    ['id', ['no', 'up'], undefined],
    ['f', ['a', 'b'], undefined],
    ['ap', ['api', 'op'], 'api'],
    ['login', ['login'], undefined],
    ['login', [], undefined],
  ])('%s among %j is %s', (name, candidates, meant) => {
    expect(didYouMean(name, candidates)).toBe(meant)
  })

  test('the nearest wins, whatever its place', () => {
    expect(didYouMean('getPets', ['getPest', 'getpets', 'getPet'])).toBe('getpets')
  })
})

describe('the lines around a problem', () => {
  const folder = freshFolder('frames')
  const codeFrame = (text: string, at: { line: number; column: number }) => {
    const file = join(folder, 'a.yaml')
    writeFileSync(file, text)
    const problem = { code: 'invalid-yaml', severity: 'error', message: 'It.', at: { file, ...at } } as const
    return describeProblems([problem]).split('\n').slice(1).join('\n')
  }
  const text = ['one', 'two', '  three: 3', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].join('\n')

  test('shows two lines around and a caret below the place', () => {
    expect(codeFrame(text, { line: 3, column: 10 })).toMatchInlineSnapshot(`
      "  1 | one
        2 | two
      > 3 |   three: 3
          |          ^
        4 | four
        5 | five"
    `)
  })

  test('numbers are aligned, and the file’s ends are not passed', () => {
    expect(codeFrame(text, { line: 9, column: 1 })).toMatchInlineSnapshot(`
      "   7 | seven
         8 | eight
      >  9 | nine
           | ^
        10 | ten"
    `)
    expect(codeFrame('only', { line: 1, column: 5 })).toMatchInlineSnapshot(`
      "> 1 | only
          |     ^"
    `)
  })

  test('a tab before the caret stays a tab; line ends and a byte order mark are not shown', () => {
    expect(codeFrame('\uFEFFa\r\n\tb: c\r\n', { line: 2, column: 5 })).toBe(
      '  1 | a\n> 2 | \tb: c\n    | \t   ^\n  3 |',
    )
  })

  test('a long line is cut to what is around the caret', () => {
    const long = `${'a'.repeat(300)}!${'b'.repeat(300)}`
    expect(codeFrame(`short\n${long}\nshort`, { line: 2, column: 301 })).toBe(
      `  1 | short\n> 2 | …${'a'.repeat(50)}!${'b'.repeat(49)}…\n    | ${' '.repeat(51)}^\n  3 | short`,
    )
    expect(codeFrame(long, { line: 1, column: 3 })).toBe(`> 1 | ${'a'.repeat(100)}…\n    |   ^`)
  })
})

describe('ArazzoError', () => {
  const folder = freshFolder('errors')
  const file = join(folder, 'shop.arazzo.yaml')
  writeFileSync(file, 'steps:\n  - stepId: buy\n    operationId: createOrdr\n')
  const problem: Problem = {
    code: 'undefined-operation',
    severity: 'error',
    message: failed('resolve', 'operation "createOrdr"', 'no such operationId in "shop"'),
    at: { file, line: 3, column: 18 },
    hint: 'Did you mean "createOrder"?',
  }
  const shown = (text: string) => text.replaceAll(folder, '<folder>')

  test('one problem is the message, with its place and lines', () => {
    const error = new ArazzoError([problem])
    expect(error.problems).toEqual([problem])
    expect(String(error)).toMatch(/^ArazzoError: /)
    expect(shown(error.message)).toMatchInlineSnapshot(`
      "<folder>/shop.arazzo.yaml:3:18: Failed to resolve operation "createOrdr": no such operationId in "shop". Did you mean "createOrder"?
        1 | steps:
        2 |   - stepId: buy
      > 3 |     operationId: createOrdr
          |                  ^
        4 |"
    `)
  })

  test('several are all listed; a file that cannot be read has no frame', () => {
    const elsewhere: Problem = {
      code: 'missing-input',
      severity: 'warning',
      message: failed('start', 'workflow "buy"', 'input "id" is missing.'),
      at: { file: join(folder, 'gone.yaml'), line: 1, column: 1 },
    }
    expect(shown(describeProblems([elsewhere, problem]))).toMatchInlineSnapshot(`
      "2 problems

      <folder>/gone.yaml:1:1: Warning: Failed to start workflow "buy": input "id" is missing.

      <folder>/shop.arazzo.yaml:3:18: Failed to resolve operation "createOrdr": no such operationId in "shop". Did you mean "createOrder"?
        1 | steps:
        2 |   - stepId: buy
      > 3 |     operationId: createOrdr
          |                  ^
        4 |"
    `)
  })

  test('keeps its cause', () => {
    const cause = new Error('socket')
    expect(new ArazzoError([problem], { cause }).cause).toBe(cause)
  })

  test('paths are short below the working directory and whole elsewhere', () => {
    expect(shortPath(join(process.cwd(), 'docs/shop.yaml'))).toBe(join('docs', 'shop.yaml'))
    expect(shortPath(file)).toBe(file)
  })
})

test('two letters that have changed places are one slip', () => {
  expect(didYouMean('rsp', ['rate', 'rps', 'vus'])).toBe('rps')
  expect(didYouMean('opne', ['close', 'open'])).toBe('open')
  expect(didYouMean('abc', ['cab'])).toBeUndefined()
})
