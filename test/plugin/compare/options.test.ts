import { expect, test } from 'vitest'
import { compareWithItself, readCompareOptions } from '../../../plugin/compare/options.ts'
import { checkOptions } from '../../../plugin/options.ts'

function messageFor(compare: unknown): string {
  try {
    checkOptions({ compare })
  } catch (error) {
    return (error as Error).message
  }
  return 'taken'
}

test('every base that is documented is taken', () => {
  const bases = [
    { git: 'merge-base', setup: 'npm ci && npm run build', cwd: 'packages/api', maxDuration: '2m' },
    { git: 'develop...', setup: 'npm ci', cache: 'node_modules/.cache/base' },
    { cwd: '../base', maxDuration: 30_000, onInconclusive: 'rerun' },
    { command: 'node base.js --port {port}', cwd: '..', env: { A: '{dir}' }, url: 'http://127.0.0.1:{port}/health' },
    { command: 'node base.js' },
    { url: 'http://127.0.0.1:3000', pid: 4711, onInconclusive: 'skip' },
    { cwd: '../base', warmUp: '10s' },
    { cwd: '../base', warmUp: { requests: 20_000 } },
  ]
  expect(bases.map(messageFor)).toEqual(bases.map(() => 'taken'))
})

test('what is not taken is named', () => {
  const refused = [
    'merge-base',
    {},
    { maxDuration: '1m' },
    { gti: 'main' },
    { git: '' },
    { git: '--output=x' },
    { git: 'main', command: 'node x', env: {} },
    { cwd: '../base', setup: 'npm ci', pid: 3 },
    { url: 'http://127.0.0.1:{port}' },
    { url: 'http://127.0.0.1', pid: 0 },
    { command: 'node x', url: 'http://127.0.0.1:3000' },
    { command: 'node x', url: '127.0.0.1', env: { A: 1 } },
    { git: 'main', maxDuration: 'soon', onInconclusive: 'pass' },
    { git: 'main', maxDuration: 0 },
    { cwd: '../base', warmUp: 'long' },
    { cwd: '../base', warmUp: 0 },
    { cwd: '../base', warmUp: true },
    { cwd: '../base', warmUp: {} },
    { cwd: '../base', warmUp: { request: 100 } },
    { cwd: '../base', warmUp: { requests: 0.5 } },
    { cwd: '../base', warmup: '5s' },
    { git: 'main', cache: '.cache' },
    { cwd: '../base', cache: '.cache' },
  ]
  expect(refused.map(messageFor).join('\n')).toMatchInlineSnapshot(`
    "Failed to read option compare: it is "merge-base". Write an object: { git: 'merge-base', setup: 'npm ci && npm run build' }.
    Failed to read option compare: it does not say what the base is. Write { git: 'merge-base', setup: 'npm ci && npm run build' }, { cwd: '../base' }, { command: 'node base.js' } or { url: 'http://127.0.0.1:3000' }.
    Failed to read option compare: it does not say what the base is. Write { git: 'merge-base', setup: 'npm ci && npm run build' }, { cwd: '../base' }, { command: 'node base.js' } or { url: 'http://127.0.0.1:3000' }.
    Failed to read option compare.gti: there is no such key. Did you mean "git"?
    Failed to read option compare.git: it is "". Write text.
    Failed to read option compare.git: "--output=x" is not the name of a commit. Write 'merge-base', or a branch, a tag or a hash.
    Failed to read option compare.command: it does not go with git. Remove command.
    Failed to read option compare.env: it does not go with git. Remove env.
    Failed to read option compare.setup: it does not go with cwd. Remove setup.
    Failed to read option compare.pid: it does not go with cwd. Remove pid.
    Failed to read option compare.url: what runs already has a port. Write it, or give the command: { command: 'node base.js' }.
    Failed to read option compare.pid: 0 is not a whole number of at least 1.
    Failed to read option compare.url: base and head run at the same time, and cannot both have that port. Write {port}, in "command" as well unless it reads the variable PORT: 'http://127.0.0.1:{port}/health'.
    Failed to read option compare.url: "127.0.0.1" is not an http or https URL. Write it in full: 'http://127.0.0.1:{port}/health'.
    Failed to read option compare.env.A: it is 1. The environment holds text only.
    Failed to read option compare.onInconclusive: "pass" is not one of its values. It is "fail" or "skip" or "rerun".
    Failed to read option compare.maxDuration: "soon": it does not begin with a number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
    Failed to read option compare.maxDuration: it is zero. Give it some time.
    Failed to read option compare.warmUp: "long": it does not begin with a number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
    Failed to read option compare.warmUp: it is zero. Give it some time.
    Failed to read option compare.warmUp: true: it is neither a number nor text. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
    Failed to read option compare.warmUp: it has no requests. Write { requests: 20000 }, or a length: '5s'.
    Failed to read option compare.warmUp.request: there is no such key. Did you mean "requests"?
    Failed to read option compare.warmUp.requests: 0.5 is not a whole number of at least 1.
    Failed to read option compare.warmup: there is no such key. Did you mean "warmUp"?
    Failed to read option compare.cache: without a setup there is nothing to keep. Write one: setup: 'npm ci && npm run build'.
    Failed to read option compare.cache: it does not go with cwd. Remove cache."
  `)
})

test('a base has 90 seconds to be compared with, and in CI a comparison ends at the first budget that fails', () => {
  const read = (options: object, env = {}) => readCompareOptions(options as never, '/project', env)
  const base = { from: 'git', ref: 'HEAD', setupTimeout: 600_000 }
  const plain = { base, stopWhenFailed: false, warmUp: {} }
  expect(read({ git: 'HEAD' })).toEqual({ ...plain, maxDuration: 90_000 })
  expect(read({ git: 'HEAD', warmUp: { requests: 2_000 } })?.warmUp).toEqual({ requests: 2_000, isWhole: true })
  expect(read({ git: 'HEAD', warmUp: '10s' })?.warmUp).toEqual({ requests: Number.POSITIVE_INFINITY, time: 10_000 })
  expect(read({ git: 'HEAD' }, { CI: 'true' })).toMatchObject({ stopWhenFailed: true })
  expect(read({ git: 'HEAD', maxDuration: '2m' })).toMatchObject({ maxDuration: 120_000 })
  expect(read({ command: 'x', cwd: 'a' })?.base).toEqual({ from: 'command', command: 'x', cwd: '/project/a', env: {} })
  expect(read({ cwd: '../b' })?.base).toEqual({ from: 'folder', folder: '/b', by: 'compare.cwd' })
  expect(read({ url: 'http://a', pid: 1 })?.base).toEqual({ from: 'url', url: 'http://a', pid: 1 })
})

test('what a job names wins, and what it leaves open is as the configuration says', () => {
  const read = (options: object | undefined, env: object) =>
    readCompareOptions(options as never, '/project', env as Record<string, string>)
  const written = { git: 'merge-base', setup: 'npm ci', cwd: 'api', cache: 'kept' }
  const commit = { VITEST_ARAZZO_BASE_COMMIT: '1a2b3c4' }
  const setup = { VITEST_ARAZZO_SETUP: 'make' }
  const cache = { VITEST_ARAZZO_CACHE: '/cache' }
  const own = { from: 'git', ref: 'merge-base', setup: 'npm ci', setupTimeout: 600_000, cwd: 'api' }
  const kept = { ...own, cache: '/project/kept' }
  expect(read(written, {})?.base).toEqual(kept)
  expect(read(written, commit)?.base).toEqual({ ...kept, ref: '1a2b3c4', setupTimeout: 3_600_000, isOfJob: true })
  expect(read(written, setup)?.base).toEqual({ ...kept, setup: 'make' })
  expect(read(written, cache)?.base).toEqual({ ...own, cache: '/cache' })
  expect(read(written, { ...commit, ...setup, ...cache })?.base).toEqual({
    ...{ ...own, ref: '1a2b3c4', setup: 'make', setupTimeout: 3_600_000, cache: '/cache', isOfJob: true },
  })
  const job = { from: 'git', ref: '1a2b3c4', setupTimeout: 3_600_000, isOfJob: true }
  expect(read({ cwd: '../base', maxDuration: '3m' }, { ...commit, ...setup })).toMatchObject({
    base: { ...job, setup: 'make' },
    maxDuration: 180_000,
  })
  expect(read(undefined, { ...commit, ...cache })?.base).toEqual(job)
  expect(read(undefined, { ...setup, ...cache })).toBeUndefined()
  const itself = compareWithItself({ git: 'merge-base' }, '/project', { ...commit, ...setup }).base
  expect(itself).toEqual({ from: 'git', ref: 'HEAD', setup: 'make', setupTimeout: 600_000, isItself: true })
})
