import { readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shareNativeCode } from '../../../plugin/compare/native-code.ts'
import { project as folderWith } from '../../builders/project.ts'

const MODULE = 'node_modules/sqlite/build/sqlite.node'

const isOne = (a: string, b: string) => statSync(a).ino === statSync(b).ino

describe('native code of both sides', () => {
  it('is one file if it is the same', async () => {
    const files = { [MODULE]: 'code', 'lib/libone.so.1.2': 'library', 'index.js': 'text' }
    const [base, head] = [folderWith(files), folderWith(files)]
    await shareNativeCode(base, head)
    await shareNativeCode(base, head)
    expect(Object.keys(files).map(name => isOne(join(base, name), join(head, name)))).toEqual([true, true, false])
    expect(readFileSync(join(head, MODULE), 'utf8')).toBe('code')
  })

  it('stays as it is if it differs, or is on one side only', async () => {
    const [base, head] = [folderWith({ [MODULE]: 'code', 'a.node': 'a' }), folderWith({ [MODULE]: 'edoc' })]
    await shareNativeCode(base, head)
    expect(readFileSync(join(head, MODULE), 'utf8')).toBe('edoc')
    expect(() => statSync(join(head, 'a.node'))).toThrow('ENOENT')
  })

  it('stays as it is outside of the folder', async () => {
    const base = folderWith({ [MODULE]: 'code' })
    const elsewhere = folderWith({ 'sqlite/build/sqlite.node': 'code' })
    const head = folderWith({})
    symlinkSync(elsewhere, join(head, 'node_modules'))
    await shareNativeCode(base, head)
    expect(isOne(join(base, MODULE), join(head, MODULE))).toBe(false)
  })
})
