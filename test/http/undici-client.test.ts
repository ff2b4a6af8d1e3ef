import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Client } from 'undici'
import { expect, test } from 'vitest'
import { clientOf } from '../../src/http/undici.ts'
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

test('undici is loaded with the first transport that sends by it: its client alone, and fetch keeps its own agent', async () => {
  const engine = pathToFileURL(`${await builtPlugin()}/engine.js`).href
  const document = fileURLToPath(new URL('../../fixtures/documents/shop.arazzo.yaml', import.meta.url))
  const workflow = JSON.stringify(`${document}#login`)
  const script = `
    import { createRequire } from 'node:module'
    import { runWorkflow } from ${JSON.stringify(engine)}
    const isLoaded = name => Object.keys(createRequire(import.meta.url).cache).some(file => file.replaceAll('\\\\', '/').endsWith(name))
    console.log(isLoaded('/undici/lib/dispatcher/client.js'))
    const inputs = { user: 'ada', password: 'secret' }
    console.log((await runWorkflow(${workflow}, { servers: 'http://127.0.0.1:1', inputs })).state)
    console.log(isLoaded('/undici/lib/dispatcher/client.js'), isLoaded('/undici/index.js'))
    console.log([1, 2].map(version => Symbol.for('undici.globalDispatcher.' + version) in globalThis).join())`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'false\nfailed\ntrue false\nfalse,false\n', stderr: '' })
})
