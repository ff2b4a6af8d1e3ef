import { Script } from 'node:vm'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseXml, readXml } from '../../src/expression/xml.ts'
import { compileXPathOf } from '../../src/expression/xpath.ts'
import { descendants } from '../../src/expression/xpath10.ts'

const bomb = () => {
  const entities = Array.from({ length: 8 }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`)
  return `<!DOCTYPE a [<!ENTITY e0 "xxxxxxxxxx">${entities.join('')}]><a>&e8;</a>`
}

const nested = (deep: number) => '<a>'.repeat(deep) + '</a>'.repeat(deep)

/** Has V8 end, in this test, after a tenth of the time whatever it is to end after just this time. */
function hurry(limit: number): void {
  const { runInContext } = Script.prototype
  const hurried = vi.spyOn(Script.prototype, 'runInContext').mockImplementation(function (
    this: Script,
    context,
    options,
  ) {
    const given = options as { timeout: number }
    const timeout = given.timeout === limit ? limit / 10 : given.timeout
    return runInContext.call(this, context, { ...given, timeout })
  })
  onTestFinished(() => hurried.mockRestore())
}

describe.each(['xpath-10', 'xpath-31'])('%s', version => {
  test('ends a query that compares all with all', () => {
    hurry(2_000)
    const xml = `<a>${Array.from({ length: 10_000 }, (_, i) => `<b>${i}</b><c>x${i}</c>`).join('')}</a>`
    expect(() => compileXPathOf(version, '//b[. = //c]').select(xml)).toThrow('within 2000 ms')
  })

  test('gives no more text than can be held', () => {
    const xml = '<a>'.repeat(900) + `<b>${'x'.repeat(100_000)}</b>` + '</a>'.repeat(900)
    expect(() => compileXPathOf(version, '//a').select(xml)).toThrow(
      /at most 64,000,000 characters, found more|within 2000 ms/,
    )
  })

  test.each([1_001, 20_000])('says that nesting is too deep (%i elements)', deep => {
    expect(() => compileXPathOf(version, '/a').select(nested(deep))).toThrow(
      expect.objectContaining({ name: 'ExpressionError', message: expect.stringContaining('too deep') }),
    )
  })

  test('takes 1,000 elements within one another, and their siblings', () => {
    const xml = `<x>${nested(999).repeat(3)}</x>`
    expect(compileXPathOf(version, 'count(//a)').select(xml)).toEqual([2_997])
  })
})

test('the descendants of a document are found however many children an element has', () => {
  const document = parseXml(`<a>${'<b/>'.repeat(130_000)}</a>`)
  expect(descendants(document)).toHaveLength(130_001)
})

describe('parsing', () => {
  test('ends at an entity bomb', () => {
    expect(() => parseXml(bomb())).toThrow('too much entity expansion')
  })

  test('ends at 200,000 attributes of one element', () => {
    hurry(5_000)
    const attributes = Array.from({ length: 200_000 }, (_, index) => `a${index}="1"`).join(' ')
    expect(() => parseXml(`<a ${attributes}/>`)).toThrow(
      expect.objectContaining({
        name: 'ExpressionError',
        message: 'expected XML that can be read within 5000 ms, found none',
      }),
    )
  })

  test('takes no more than 16,000,000 characters', () => {
    expect(() => parseXml(`<a>${' '.repeat(16_000_000)}</a>`)).toThrow(
      'expected XML of at most 16,000,000 characters, found 16,000,007',
    )
  })

  test('happens once for a text, also for one that cannot be read', () => {
    const text = '<a><b></a>'
    const faults = [1, 2, 3].map(() => {
      try {
        return readXml(text)
      } catch (fault) {
        return fault
      }
    })
    expect(faults[0]).toBeInstanceOf(Error)
    expect(new Set(faults).size).toBe(1)
    expect(readXml('<a/>')).toBe(readXml('<a/>'))
  })
})
