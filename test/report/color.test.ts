import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { colorsOf } from '../../src/report/color.ts'

test('a wish is granted', () => {
  expect(colorsOf(true).red('x')).toBe('\u001b[31mx\u001b[39m')
  expect(colorsOf(false).red('x')).toBe('x')
})

test.each([
  ['no wish of anyone, and no terminal', {}, 'x'],
  ['FORCE_COLOR', { FORCE_COLOR: '1' }, '\u001b[31mx\u001b[39m'],
  ['NO_COLOR, which wins', { FORCE_COLOR: '1', NO_COLOR: '1' }, 'x'],
])('%s', (_, env, expected) => {
  expect(paintedIn(env)).toBe(expected)
})

/** What a process with these variables paints: they are read once, so it takes a process of its own. */
function paintedIn(env: Record<string, string>): string {
  const source = readFileSync(new URL('../../src/report/color.ts', import.meta.url), 'utf8')
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext } })
  const program = `${outputText.replace("'picocolors'", JSON.stringify(import.meta.resolve('picocolors')))}
    process.stdout.write(colorsOf().red('x'))`
  const { NO_COLOR, FORCE_COLOR, CI, ...rest } = process.env
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...rest, ...env },
    encoding: 'utf8',
  })
}
