import { expect, test } from 'vitest'
import { oneWorkflow, problemsOf } from './reading.ts'

const MORE = 'components: { successActions: { stop: { name: stop, type: end } } }\n'

test('what is wrong with actions', async () => {
  const steps = `      - stepId: a
        operationId: listItems
        onSuccess:
          - { name: nowhere, type: goto }
          - { name: both, type: goto, stepId: a, workflowId: other }
          - { name: lost, type: goto, stepId: b }
          - { name: lost2, type: goto, workflowId: others }
          - { name: end, type: end, workflowId: other }
          - { name: wrong, type: goto, stepId: a, parameters: [{ name: id, value: 1 }] }
          - { name: unknown, type: goto, workflowId: other, parameters: [{ name: ids, value: 1 }, { name: id, in: query, value: 1 }] }
          - { reference: $components.failureActions.stop }
          - { reference: $components.successActions.stp }
          - { reference: stop }
        onFailure:
          - { name: slow, type: goto, stepId: a, retryAfter: 1, retryLimit: 2 }
  - workflowId: other
    inputs: { properties: { id: {} }, additionalProperties: false }
    steps: [{ stepId: x, operationId: listItems }]
`
  expect(await problemsOf(oneWorkflow(steps, { more: MORE }))).toMatchInlineSnapshot(`
    "main.yaml:11:30 error missing-field: Failed to read success action "nowhere" of step "a": it does not say where to go. Give it a \`stepId\` or a \`workflowId\`.
    main.yaml:12:50 error exclusive-fields: Failed to read success action "both" of step "a": \`stepId\` and \`workflowId\` exclude each other. Remove one of them.
    main.yaml:13:47 error undefined-step: Failed to read success action "lost" of step "a": workflow "main" has no step "b". Its steps are a.
    main.yaml:14:52 error undefined-workflow: Failed to resolve workflow "others": the document has no such workflow. Did you mean "other"?
    main.yaml:15:37 warning irrelevant-field: Failed to read success action "end" of step "a": \`workflowId\` means nothing when the workflow ends. Remove it.
    main.yaml:16:51 warning irrelevant-field: Failed to read success action "wrong" of step "a": \`parameters\` means nothing without a \`workflowId\`. Remove it.
    main.yaml:17:82 error undefined-input: Failed to read parameter "ids" of success action "unknown" of step "a": workflow "other" declares no input "ids". Did you mean "id"?
    main.yaml:17:111 error irrelevant-field: Failed to read parameter "id" of success action "unknown" of step "a": a parameter of an action becomes an input, and has no \`in\`. Remove it.
    main.yaml:18:26 error undefined-component: Failed to resolve $components.failureActions.stop: it is not a reference to \`components.successActions\`. Write $components.successActions.<name>.
    main.yaml:19:26 error undefined-component: Failed to resolve $components.successActions.stp: \`components.successActions\` has no "stp". Did you mean "stop"?
    main.yaml:20:26 error undefined-component: Failed to resolve stop: it is not a reference to \`components.successActions\`. Write $components.successActions.<name>.
    main.yaml:22:50 warning irrelevant-field: Failed to read failure action "slow" of step "a": \`retryAfter\` means nothing without a retry. Remove it.
    main.yaml:22:65 warning irrelevant-field: Failed to read failure action "slow" of step "a": \`retryLimit\` means nothing without a retry. Remove it."
  `)
})

test('actions of a workflow are checked against its steps', async () => {
  const head =
    '    failureActions: [{ name: x, type: goto, stepId: nope }, { name: y, type: end, criteria: [{ condition: $response.bdy == 1 }] }]\n'
  expect(
    await problemsOf(oneWorkflow('      - { stepId: a, operationId: listItems }\n', { head })),
  ).toMatchInlineSnapshot(`
    "main.yaml:7:53 error undefined-step: Failed to read failure action "x" of workflow "main": workflow "main" has no step "nope". Its steps are a.
    main.yaml:7:117 error invalid-expression: Failed to read criterion 1 of failure action "y" of workflow "main": expected a part of the response, found "bdy". Did you mean "body"?"
  `)
})
