import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, documentOf, read, refused, run, step } from './run.ts'

const versions = section('Versions')

const withVersion = (version: '1.0.1' | '1.1.0', arazzo: unknown) => ({
  steps: [step('a')],
  root: { ...documentOf(version, { steps: [step('a')] }), arazzo },
})

versions.executed('the first two numbers designate the feature set', { level: 'SHALL', field: [] }, async version => {
  const parts = { steps: [step('a', { timeout: 2000 })] }
  if (version === '1.0.1') return expect(await refused(version, parts)).toEqual(['newer-field'])
  expect((await run(version, parts)).report.state).toBe('passed')
})

versions.read('the patch number makes no difference', { level: 'SHOULD' }, async version => {
  const minor = version.slice(0, 3)
  for (const patch of ['0', '1', '7', '12']) {
    const document = await accepted(version, withVersion(version, `${minor}.${patch}`))
    expect(document.version).toBe(minor)
  }
})

versions.refused('an unpublished version is refused', {}, async version => {
  for (const arazzo of ['2.0.0', '1.2.0', '0.9.0', 'latest'])
    expect(await refused(version, withVersion(version, arazzo))).toEqual(['unsupported-version'])
})

versions.refused('the version is text, not a number', {}, async version => {
  expect(await refused(version, withVersion(version, 1.1))).toEqual(['wrong-type'])
})

versions.read('the version of the document itself is another one', {}, async version => {
  const { document } = await read(version, { steps: [step('a')], root: { info: { title: 't', version: 'v99-beta' } } })
  expect(document?.info.version).toBe('v99-beta')
})
