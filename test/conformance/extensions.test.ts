import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, refused, run, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Specification Extensions')

const everywhere = (extension: object) => ({
  steps: [
    step('a', {
      ...extension,
      operationId: 'postThing',
      parameters: [{ name: 'q', in: 'query', value: 1, ...extension }],
      requestBody: { payload: { a: 1 }, replacements: [{ target: '/a', value: 2, ...extension }], ...extension },
      successCriteria: [
        { condition: '$statusCode == 200', ...extension },
        {
          context: '$response.body',
          condition: '$',
          type: { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00', ...extension },
        },
      ],
      onSuccess: [{ name: 's', type: 'end', ...extension }],
      onFailure: [{ name: 'f', type: 'end', ...extension }],
    }),
  ],
  workflow: extension,
  components: extension,
  root: {
    ...extension,
    info: { title: 't', version: '1', ...extension },
    sourceDescriptions: [{ name: 'api', url: './api.json', ...extension }],
  },
})

executed(
  'a field that begins with x- may stand in every object that can be extended',
  { level: 'MUST' },
  async version => {
    const parts = everywhere({ 'x-internal-id': 7 })
    const document = await accepted(version, parts)
    expect(document.warnings.map(({ code }) => code)).toEqual(['unknown-parameter'])
    const { report, seen } = await run(version, parts)
    expect(report.state).toBe('passed')
    expect(seen[0]!.body).toBe('{"a":2}')
  },
)

isRead('its value may be null, a primitive, an array or an object', {}, async version => {
  for (const value of [null, 1, 'a', true, [1], { a: { b: null } }])
    await accepted(version, everywhere({ 'x-any': value }))
})

isRead('names that are reserved are let through as well', {}, async version => {
  await accepted(version, everywhere({ 'x-oai-a': 1, 'x-oas-b': 2, 'x-arazzo-c': 3 }))
})

isRefused('a field of another name is refused', { level: 'MUST' }, async version => {
  for (const field of ['X-upper', 'x_id', 'xid'])
    expect(await refused(version, { steps: [step('a', { [field]: 1 })] })).toEqual(['unknown-field'])
})

isRead(
  'a Selector Object may have them, though the text does not say so',
  { only: '1.1.0', decides: 'selector-extensions' },
  async version => {
    const selector = { context: '$response.body', selector: '$.a', type: 'jsonpath', 'x-note': 1 }
    const document = await accepted(version, { steps: [step('a', { outputs: { a: selector } })] })
    expect(document.workflows[0]!.steps[0]!.outputs[0]!.value.kind).toBe('selector')
  },
)
