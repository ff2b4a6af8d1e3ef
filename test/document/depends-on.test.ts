import { describe, expect, test } from 'vitest'
import { API, arazzo, documentOf, oneWorkflow, problemsOf } from './reading.ts'

const workflow = (id: string, dependsOn: string, steps = '[{ stepId: a, operationId: listItems }]') =>
  `  - { workflowId: ${id}, dependsOn: [${dependsOn}], steps: ${steps} }\n`

describe('workflows', () => {
  test('that wait for one another', async () => {
    const text = arazzo(`${workflow('a', 'c, b')}${workflow('b', 'c, a')}${workflow('c', '')}${workflow('d', 'd')}`)
    expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(`
      "main.yaml:6:37 error cyclic-depends-on: Failed to read what workflow "a" depends on: it depends on itself (a -> b -> a). Remove one of them.
      main.yaml:7:37 error cyclic-depends-on: Failed to read what workflow "b" depends on: it depends on itself (b -> a -> b). Remove one of them.
      main.yaml:9:34 error cyclic-depends-on: Failed to read what workflow "d" depends on: it depends on itself (d -> d). Remove one of them."
    `)
  })

  test('of other documents, in a circle over both', async () => {
    const main = arazzo(workflow('a', '$sourceDescriptions.other.b')).replace(
      'workflows:',
      '  - { name: other, url: ./other.yaml }\nworkflows:',
    )
    const other = arazzo(workflow('b', '$sourceDescriptions.main.a')).replace(
      'workflows:',
      '  - { name: main, url: ./main.yaml }\nworkflows:',
    )
    expect(await problemsOf({ 'main.yaml': main, 'other.yaml': other, 'api.yaml': API })).toMatchInlineSnapshot(`
      "main.yaml:7:34 error cyclic-depends-on: Failed to read what workflow "a" depends on: it depends on itself (a -> b -> a). Remove one of them.
      other.yaml:7:34 error cyclic-depends-on: Failed to read what workflow "b" depends on: it depends on itself (b -> a -> b). Remove one of them."
    `)
    const straight = { 'main.yaml': main, 'other.yaml': arazzo(workflow('b', '')), 'api.yaml': API }
    const document = await documentOf(straight)
    expect(document.workflows[0]!.dependsOn).toMatchObject([{ source: 'other', workflowId: 'b', at: { line: 7 } }])
  })
})

describe('steps', () => {
  test('that wait for one another, for themselves, for nothing', async () => {
    const steps = `      - { stepId: a, operationId: listItems, dependsOn: [b] }
      - { stepId: b, operationId: listItems, dependsOn: [c] }
      - { stepId: c, operationId: listItems, dependsOn: [b] }
      - { stepId: d, operationId: listItems, dependsOn: [d] }
      - { stepId: e, operationId: listItems, dependsOn: [f, a] }
`
    expect(await problemsOf(oneWorkflow(steps))).toMatchInlineSnapshot(`
      "main.yaml:9:58 error cyclic-depends-on: Failed to read what step "b" depends on: it depends on itself (b -> c -> b). Remove one of them.
      main.yaml:10:58 error cyclic-depends-on: Failed to read what step "c" depends on: it depends on itself (c -> b -> c). Remove one of them.
      main.yaml:11:58 error cyclic-depends-on: Failed to read what step "d" depends on: it depends on itself (d -> d). Remove one of them.
      main.yaml:12:58 error undefined-step: Failed to read what step "e" depends on: workflow "main" has no step "f". Its steps are a, b, c, d, e."
    `)
  })

  test('of other workflows must have been run before', async () => {
    const files = oneWorkflow(
      `      - { stepId: a, operationId: listItems, dependsOn: [$workflows.before.steps.x, $workflows.never.steps.x, $workflows.before.steps.y] }
      - { stepId: b, operationId: listItems, dependsOn: [a, $workflows.befor.steps.x, $sourceDescriptions.api.w.steps.x] }
  - workflowId: before
    steps: [{ stepId: x, operationId: listItems }]
  - workflowId: never
    steps: [{ stepId: x, operationId: listItems }]
`,
      { head: '    dependsOn: [before]\n' },
    )
    expect(await problemsOf(files)).toMatchInlineSnapshot(`
      "main.yaml:9:85 error unmet-depends-on: Failed to read what step "a" depends on: nothing runs workflow "never" before. Add never to the \`dependsOn\` of workflow "main".
      main.yaml:9:111 error undefined-step: Failed to read what step "a" depends on: workflow "before" has no step "y". Its steps are x.
      main.yaml:10:61 error undefined-workflow: Failed to read what step "b" depends on: there is no workflow "befor". Did you mean "before"?
      main.yaml:10:87 error undefined-source: Failed to read what step "b" depends on: the document has no Arazzo source "api". Add it to \`sourceDescriptions\`, or correct the name."
    `)
  })
})
