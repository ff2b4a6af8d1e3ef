import { join } from 'node:path'
import { expect, test } from 'vitest'
import { locate } from '../../src/document/file/files.ts'
import { project } from '../builders/project.ts'

test('a pointer leads to its key, or to the last one on its way that is there', () => {
  const folder = project({
    'api.yaml': 'a:\n  b/c:\n    - x: 1\n    - y: 2\n',
    'api.json': '{ "a": { "b": [1, 2] } }',
    'text.yaml': 'just text',
  })
  const place = (file: string, pointer: string) => {
    const at = locate(join(folder, file), pointer)
    return at && `${at.line}:${at.column}`
  }
  expect(place('api.yaml', '')).toBe('1:1')
  expect(place('api.yaml', '/a')).toBe('1:1')
  expect(place('api.yaml', '/a/b~1c/1')).toBe('4:7')
  expect(place('api.yaml', '/a/b~1c/1/y')).toBe('4:7')
  expect(place('api.yaml', '/a/b~1c/7/y')).toBe('2:3')
  expect(place('api.json', '/a/b/1')).toBe('1:19')
  expect(place('text.yaml', '/a')).toBeUndefined()
  expect(place('not-there.yaml', '/a')).toBeUndefined()
})
