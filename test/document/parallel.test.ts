import { expect, test } from 'vitest'
import { API, arazzo, documentOf, problemsOf } from './reading.ts'

/** A workflow whose steps run at the same time. */
const parallel = (steps: string, more = '') =>
  arazzo(`  - workflowId: main\n    x-vitest: { parallel: true }\n    steps:\n${steps}${more}`)

const read = (steps: string, more = '') => problemsOf({ 'main.yaml': parallel(steps, more), 'api.yaml': API })

const PLAIN = `      - { stepId: a, operationId: listItems, outputs: { x: $statusCode } }
      - { stepId: b, operationId: listItems }
`

test('is a property of workflows, and of a document for all of them', async () => {
  const texts = [
    parallel(PLAIN),
    parallel(PLAIN).replace('true', 'false'),
    arazzo(`  - workflowId: main\n    steps:\n${PLAIN}`),
  ]
  const documents = await Promise.all(texts.map(text => documentOf({ 'main.yaml': text, 'api.yaml': API })))
  expect(documents.map(({ workflows }) => workflows[0]!.parallel)).toEqual([true, undefined, undefined])
  const all = `${texts[2]}x-vitest: { parallel: true }\n`
  const ofAll = await documentOf({ 'main.yaml': all, 'api.yaml': API })
  expect(ofAll.workflows[0]!.parallel).toBe(true)
})

test('is true or false, and needs the dependsOn of Arazzo 1.1', async () => {
  const wrong = parallel(PLAIN).replace('true', 'yes please')
  expect(await problemsOf({ 'main.yaml': wrong, 'api.yaml': API })).toMatchInlineSnapshot(
    `"main.yaml:7:27 error wrong-type: Failed to read \`x-vitest.parallel\`: it is neither true nor false. Write \`parallel: true\`, or leave it out."`,
  )
  const old = parallel(PLAIN).replace('1.1.0', '1.0.1')
  expect(await problemsOf({ 'main.yaml': old, 'api.yaml': API })).toMatchInlineSnapshot(
    `"main.yaml:7:17 error newer-field: Failed to read \`x-vitest.parallel\`: \`dependsOn\` of steps came with Arazzo 1.1, and the document is 1.0.1. Write \`arazzo: 1.1.0\` at the top."`,
  )
})

test('leaves no step that goes elsewhere, or ends the workflow', async () => {
  const steps = `      - { stepId: a, operationId: listItems, onSuccess: [{ name: on, type: goto, stepId: b }] }
      - { stepId: b, operationId: listItems, onSuccess: [{ name: done, type: end }] }
      - { stepId: c, operationId: listItems, onFailure: [{ name: again, type: retry, stepId: a }] }
      - { stepId: d, operationId: listItems, onFailure: [{ name: out, type: goto, workflowId: main }] }
      - { stepId: e, operationId: listItems, onFailure: [{ name: stop, type: end }, { name: again, type: retry }] }
`
  expect(await read(steps)).toMatchInlineSnapshot(`
    "main.yaml:9:70 error parallel-steps: Failed to read action "on" of step "a": it goes elsewhere, and the steps of workflow "main" run at the same time. Say by \`dependsOn\` what comes after what, or put the steps between which it goes into a workflow. Or remove \`parallel: true\`.
    main.yaml:10:72 error parallel-steps: Failed to read action "done" of step "b": it ends the workflow, and the steps of workflow "main" run at the same time. Put the steps that it leaves out into a workflow of their own. Or remove \`parallel: true\`.
    main.yaml:11:73 error parallel-steps: Failed to read action "again" of step "c": it runs step "a" once more, and the steps of workflow "main" run at the same time. Put both steps into a workflow of their own, or the steps that run before a retry. Or remove \`parallel: true\`.
    main.yaml:12:71 error parallel-steps: Failed to read action "out" of step "d": it goes elsewhere, and the steps of workflow "main" run at the same time. Say by \`dependsOn\` what comes after what, or put the steps between which it goes into a workflow. Or remove \`parallel: true\`."
  `)
  const shared = `    successActions: [{ name: done, type: end, criteria: [{ condition: $statusCode == 404 }] }]\n`
  expect(await read(PLAIN, shared)).toMatchInlineSnapshot(`
    "main.yaml:11:36 error parallel-steps: Failed to read action "done" of step "a": it ends the workflow, and the steps of workflow "main" run at the same time. Put the steps that it leaves out into a workflow of their own. Or remove \`parallel: true\`.
    main.yaml:11:36 error parallel-steps: Failed to read action "done" of step "b": it ends the workflow, and the steps of workflow "main" run at the same time. Put the steps that it leaves out into a workflow of their own. Or remove \`parallel: true\`."
  `)
})

test('has steps that read another wait for it, in whatever order they stand, but not for one another', async () => {
  const reading = (id: string, from: string) =>
    `      - { stepId: ${id}, operationId: listItems, successCriteria: [{ condition: $statusCode == $steps.${from}.outputs.x }], outputs: { x: $statusCode } }\n`
  expect(await read(reading('b', 'a') + PLAIN.split('\n')[0] + '\n')).toBe('')
  expect(await read(reading('a', 'b') + reading('b', 'a'))).toMatchInlineSnapshot(
    `"main.yaml:9:11 error cyclic-depends-on: Failed to order the steps of workflow "main": steps wait for one another (a -> b -> a). Remove a \`dependsOn\`, or do not read that output."`,
  )
  const circle = `      - { stepId: a, operationId: listItems, dependsOn: [b] }
      - { stepId: b, operationId: listItems, dependsOn: [a, c] }
`
  expect(await read(circle)).toMatchInlineSnapshot(`
    "main.yaml:9:58 error cyclic-depends-on: Failed to read what step "a" depends on: it depends on itself (a -> b -> a). Remove one of them.
    main.yaml:10:58 error cyclic-depends-on: Failed to read what step "b" depends on: it depends on itself (b -> a -> b). Remove one of them.
    main.yaml:10:61 error undefined-step: Failed to read what step "b" depends on: workflow "main" has no step "c". Its steps are a, b."
  `)
})

test('lets nothing be read that may not be there yet', async () => {
  const steps = `${PLAIN}      - { stepId: c, operationId: listItems, successCriteria: [{ condition: $outputs.x == 200 }] }
`
  const outputs = `    outputs: { x: $steps.a.outputs.x, last: $response.body }\n`
  expect(await read(steps, outputs)).toMatchInlineSnapshot(`
    "main.yaml:11:77 error parallel-steps: Failed to resolve $outputs.x: it sees what other steps have given by then, and steps run at the same time. Make it an output of a step, and write $steps.<stepId>.outputs.<output>.
    main.yaml:12:45 error parallel-steps: Failed to resolve $response.body: workflow "main" has no last request, and steps run at the same time. Make it an output of a step, and write $steps.<stepId>.outputs.<output>."
  `)
  const shared = `    failureActions: [{ name: again, type: retry, criteria: [{ condition: $steps.a.outputs.x == 200 }] }]\n`
  expect(await read(PLAIN, shared)).toMatchInlineSnapshot(
    `"main.yaml:11:74 error parallel-steps: Failed to resolve $steps.a.outputs.x: every step would have to wait for that step, and steps run at the same time. Move it to the steps that need it."`,
  )
  const caller = `  - workflowId: caller
    steps: [{ stepId: run, workflowId: main, successCriteria: [{ condition: $statusCode == 200 }] }]
`
  expect(await read(PLAIN, caller)).toMatchInlineSnapshot(
    `"main.yaml:12:77 error parallel-steps: Failed to resolve $statusCode: workflow "main" has no last request, and steps run at the same time. Make it an output of a step, and write $steps.<stepId>.outputs.<output>."`,
  )
})
