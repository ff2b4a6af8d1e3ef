import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { Client } from 'undici'
import { expect, test } from 'vitest'
import { clientOf } from '../../src/http/undici-client.ts'
import { builtPlugin } from '../plugin/server/built.ts'

const require = createRequire(import.meta.url)

test('the client is that of undici', () => {
  expect(clientOf(require)).toBe(Client)
})

test.each(['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'])(
  'an undici that has it elsewhere is loaded in whole (%s)',
  code => {
    const load = (id: string) => {
      if (id !== 'undici') throw Object.assign(new Error('not there'), { code })
      return require(id)
    }
    expect(clientOf(load)).toBe(Client)
  },
)

test('what else is wrong with it is told', () => {
  const load = () => {
    throw new SyntaxError('Unexpected token')
  }
  expect(() => clientOf(load)).toThrow('Unexpected token')
})

test('the fetch of a process keeps its own agent', async () => {
  const runtime = pathToFileURL(`${await builtPlugin()}/runtime.js`).href
  const script = `
    await import(${JSON.stringify(runtime)})
    console.log([1, 2].map(version => Symbol.for('undici.globalDispatcher.' + version) in globalThis).join())`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'false,false\n', stderr: '' })
})
