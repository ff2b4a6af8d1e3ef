import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, read, refused, step } from './run.ts'

const info = section('Info Object')

const withInfo = (fields: object) => ({ steps: [step('a')], root: { info: fields } })

info.read(
  'has a title and a version, perhaps a summary and a description',
  { field: ['title', 'version', 'summary', 'description'] },
  async version => {
    const fields = { title: 't', version: '1', summary: 's', description: 'a *d*' }
    expect((await accepted(version, withInfo(fields))).info).toEqual(fields)
  },
)

info.refused('title and version are required', { field: ['title', 'version'], level: 'MUST' }, async version => {
  expect(await refused(version, withInfo({}))).toEqual(['missing-field', 'missing-field'])
  expect(await refused(version, withInfo({ title: 't' }))).toEqual(['missing-field'])
})

info.refused('its fields are text', { field: ['title', 'version', 'summary', 'description'] }, async version => {
  const codes = await refused(version, withInfo({ title: 1, version: 1.0, summary: [], description: {} }))
  expect(codes).toEqual(['wrong-type', 'wrong-type', 'wrong-type', 'wrong-type'])
})

info.read('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, withInfo({ title: 't', version: '1', 'x-team': 'a' }))
  const { codes } = await read(version, withInfo({ title: 't', version: '1', contact: {} }))
  expect(codes).toEqual(['unknown-field'])
})
