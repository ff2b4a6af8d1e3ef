import { describe, expect, test } from 'vitest'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import { compileXPathOf } from '../../src/expression/xpath.ts'

const pets = `<?xml version="1.0" encoding="UTF-8"?>
<root><pets><pet id="1"><name>Rex</name><price>12.5</price></pet><pet id="2"><name>Tom &amp; Co</name><price>7</price></pet></pets><none/></root>`
const compileXPath = (text: string) => compileXPathOf('xpath-31', text)
const holds = (text: string, xml: unknown = pets) => compileXPath(text).holds(xml)
const select = (text: string, xml: unknown = pets) => compileXPath(text).select(xml)

describe('the effective boolean value', () => {
  test.each([
    'count(/root/pets/*) > 0',
    '/root/pets',
    '/root/pets/pet[price > 10]',
    '1',
    "'text'",
    'true()',
    '//pet/@id',
    "//pet[@id='2']/name = 'Tom & Co'",
    'some $p in //pet satisfies $p/price < 10',
    "matches(//pet[1]/name, '^R')",
    'not(/root/cats)',
    '/root/none',
  ])('of %s is true', text => {
    expect(holds(text)).toBe(true)
  })

  test.each(['/root/cats', '0', "''", 'false()', 'number("x")', '()', 'count(//cat) > 0', 'string(/root/none)'])(
    'of %s is false',
    text => {
      expect(holds(text)).toBe(false)
    },
  )

  test.each(['(1, 2)', "'a' = 1", '//pet[name > 1]', 'number(//pet)', '1 idiv 0', '$x', 'unknown()', 'error()'])(
    'of %s is none',
    text => {
      expect(() => holds(text)).toThrow(ExpressionError)
    },
  )
})

describe('a selection', () => {
  test.each([
    ['/root/pets/pet[1]/name', ['Rex']],
    ['//name', ['Rex', 'Tom & Co']],
    ['//pet/@id', ['1', '2']],
    ['//name/text()', ['Rex', 'Tom & Co']],
    ['count(//pet)', [2]],
    ['//pet[1]', ['<pet id="1"><name>Rex</name><price>12.5</price></pet>']],
    ['/root/none', ['']],
    ['/root/cats', []],
    ["string-join(//name, ', ')", ['Rex, Tom & Co']],
    ['//pet/price/number()', [12.5, 7]],
  ])('of %s', (text, items) => {
    expect(select(text)).toEqual(items)
  })
})

describe('namespaces', () => {
  const soap = `<s:Envelope xmlns:s="urn:soap"><s:Body><GetPrice xmlns="urn:shop"><Item>5</Item></GetPrice></s:Body></s:Envelope>`

  test('prefixes are those of the document', () => {
    expect(holds('/s:Envelope/s:Body', soap)).toBe(true)
    expect(() => holds('/soap:Envelope', soap)).toThrow(/prefix soap/)
  })

  test('a name without prefix is one of the document without prefix', () => {
    expect(select('/s:Envelope/s:Body/GetPrice/Item', soap)).toEqual(['5'])
    expect(select('//Item', '<a xmlns="urn:a"><Item>1</Item></a>')).toEqual(['1'])
    expect(select('//Item', '<a><Item>1</Item></a>')).toEqual(['1'])
  })

  test('one path serves documents of different namespaces in turn', () => {
    const path = compileXPath('/a/b')
    const results = ['<a><b>1</b></a>', '<a xmlns="urn:x"><b>2</b></a>', '<a><b>3</b></a>'].map(xml => path.select(xml))
    expect(results).toEqual([['1'], ['2'], ['3']])
  })

  test('any namespace can be had by a wildcard', () => {
    expect(select('//*:Item', soap)).toEqual(['5'])
  })
})

test('a JSON body is a map', () => {
  expect(holds('count(?pets?*) > 1', { pets: [1, 2] })).toBe(true)
  expect(select('?pets?*', { pets: [1, 2] })).toEqual([1, 2])
})

test.each(['', ' ', '/root[', '1 to', '//pet[@id=', 'nope()', '$undeclared', 'for x'])('%j is no XPath', text => {
  expect(() => compileXPath(text)).toThrow(ExpressionError)
})

test('messages name the place and the reason', () => {
  const messageOf = (run: () => unknown) => {
    try {
      return run()
    } catch (error) {
      return `@${(error as ExpressionError).offset}: ${(error as Error).message}`
    }
  }
  expect([
    messageOf(() => compileXPath('/root[')),
    messageOf(() => compileXPath('nope(1)')),
    messageOf(() => holds('(1, 2)')),
    messageOf(() => holds('/a', '<a><b></a>')),
    messageOf(() => holds('/a', '{"a": 1}')),
  ]).toMatchInlineSnapshot(`
    [
      "@5: expected an XPath that can be evaluated, found "/root[" (XPST0003: Failed to parse script. Expected end of input)",
      "@0: expected an XPath that can be evaluated, found "nope(1)" (XPST0017: Function Q{http://www.w3.org/2005/xpath-functions}nope with arity of 1 not registered. No similar functions found)",
      "@0: expected an XPath that can be evaluated, found "(1, 2)" (FORG0006: Cannot determine the effective boolean value of a sequence with a length higher than one)",
      "@0: expected XML, found "<a><b></a>" (non-well-formed element: found end tag "a" but expected "b", line 1, character 7)",
      "@0: expected XML, found "{\\"a\\": 1}" (Parsing document failed, expected "<", line 1, character 1)",
    ]
  `)
})

describe('replace', () => {
  test('sets the text of what is selected', () => {
    const xml = compileXPath('//pet/name').replace(pets, 'A < B & "C"')
    expect(xml).toBe(pets.replace(/<name>[^<]*/g, '<name>A &lt; B &amp; "C"'))
    expect(select('//name', xml)).toEqual(['A < B & "C"', 'A < B & "C"'])
  })

  test('sets attributes', () => {
    expect(compileXPath('/a/@x').replace('<a x="1"/>', '"2"')).toBe('<a x="&quot;2&quot;"/>')
  })

  test('leaves the document of the last look alone', () => {
    const xml = '<a>1</a>'
    expect(select('/a', xml)).toEqual(['1'])
    compileXPath('/a').replace(xml, '2')
    expect(select('/a', xml)).toEqual(['1'])
  })

  test('must find something', () => {
    expect(() => compileXPath('/b').replace('<a/>', '1')).toThrow('expected a node at /b, found none')
  })
})

describe('no path', () => {
  test.each([
    "doc('file:///etc/passwd')",
    "unparsed-text('file:///etc/passwd')",
    "environment-variable('PATH')",
    "collection('x')",
  ])('reaches out: %s', text => {
    expect(() => compileXPath(text)).toThrow(ExpressionError)
  })

  test('runs for ever', () => {
    expect(() => compileXPath('some $x in (1 to 100000000) satisfies $x = 0')).toThrow(/within/)
  })

  test('hangs on a catastrophic pattern', () => {
    const text = `<a>${'a'.repeat(40)}b</a>`
    let result: unknown
    try {
      result = holds("matches(/a, '^(a+)+$')", text)
    } catch (error) {
      result = error
    }
    expect(result === false || result instanceof ExpressionError).toBe(true)
  })

  test('prints', () => {
    expect(holds("trace('x') = 'x'")).toBe(true)
  })

  test('expands entities without end', () => {
    const entities = Array.from({ length: 20 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('')
    const bomb = `<!DOCTYPE a [<!ENTITY e0 "0123456789">${entities}]><a>&e20;</a>`
    expect(() => holds('/a', bomb)).toThrow(ExpressionError)
  })

  test('resolves external entities', () => {
    const xml = '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>'
    expect(select('/a', xml)).toEqual([''])
  })
})
