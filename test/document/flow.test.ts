import { describe, expect, test } from 'vitest'
import { oneWorkflow, problemsOf } from './reading.ts'

/** `name>read` is a step that reads the output of another; actions as YAML behind a space. */
function steps(...descriptions: string[]): string {
  return descriptions
    .map(description => {
      const [, name, read, more] = /^(\w+)(?:>(\w+))?(?: (.*))?$/.exec(description)!
      const payload = read ? `, requestBody: { payload: $steps.${read}.outputs.id }` : ''
      return `      - { stepId: ${name}, operationId: listItems, outputs: { id: $response.body }${payload}${more ? `, ${more}` : ''} }\n`
    })
    .join('')
}

const problems = (...descriptions: string[]) => problemsOf(oneWorkflow(steps(...descriptions)))
const goto = (step: string, criteria = '') => `onSuccess: [{ name: go, type: goto, stepId: ${step}${criteria} }]`
const WHEN = ', criteria: [{ condition: $statusCode == 200 }]'

describe('outputs of a later step', () => {
  test('are an error when that step can only run after', async () => {
    expect(await problems('a>b', 'b')).toMatchInlineSnapshot(
      `"main.yaml:8:103 error forward-reference: Failed to resolve $steps.b.outputs.id: step "b" can only run after step "a". Move step "b" before step "a"."`,
    )
    expect(await problems('a>a')).toMatchInlineSnapshot(
      `"main.yaml:8:103 error forward-reference: Failed to resolve $steps.a.outputs.id: step "a" reads its own output before it has run. Use a value that is there before the step."`,
    )
  })

  test.each([
    ['the later step may go back', ['a>c', 'b', `c ${goto('a', WHEN)}`]],
    ['a failure may go back', ['a>b', 'b onFailure: [{ name: x, type: goto, stepId: a }]']],
    ['a jump runs it before', [`a ${goto('c')}`, 'b>c', `c ${goto('b', WHEN)}`]],
    ['a retry runs it in between', ['a>b onFailure: [{ name: x, type: retry, stepId: b }]', 'b']],
    ['a retry runs the step again', ['a>a onFailure: [{ name: x, type: retry }]']],
    ['dependsOn decides the order', ['a>c', 'b', 'c', 'd dependsOn: [a]']],
  ])('are none when %s', async (_, descriptions) => {
    expect(await problems(...descriptions)).toBe('')
  })

  test('are an error when it waits for this one', async () => {
    expect(await problems('a>b', 'b dependsOn: [a]')).toMatchInlineSnapshot(
      `"main.yaml:8:103 error forward-reference: Failed to resolve $steps.b.outputs.id: step "b" can only run after step "a". Move step "b" before step "a"."`,
    )
  })

  test('may be read after the step itself, in its criteria, actions and outputs', async () => {
    const own = 'successCriteria: [{ condition: $steps.a.outputs.id != null }]'
    expect(await problems(`a ${own}`)).toBe('')
    expect(
      await problems('a successCriteria: [{ condition: $steps.b.outputs.id != null }]', 'b'),
    ).toMatchInlineSnapshot(
      `"main.yaml:8:110 error forward-reference: Failed to resolve $steps.b.outputs.id: step "b" can only run after step "a". Move step "b" before step "a"."`,
    )
  })

  test('actions of the workflow and of components are ways, too', async () => {
    const head = '    successActions: [{ reference: $components.successActions.back }]\n'
    const more = `components: { successActions: { back: { name: go, type: goto, stepId: a${WHEN} } } }\n`
    expect(await problemsOf(oneWorkflow(steps('a>b', 'b'), { head, more }))).toBe('')
    // Overridden by name in step b, and step a comes too early to go back.
    const overridden = steps('a>b', `b onSuccess: [{ name: go, type: end${WHEN} }]`)
    expect(await problemsOf(oneWorkflow(overridden, { head, more }))).toMatchInlineSnapshot(
      `"main.yaml:9:103 error forward-reference: Failed to resolve $steps.b.outputs.id: step "b" can only run after step "a". Move step "b" before step "a"."`,
    )
  })
})

describe('steps that no run comes to', () => {
  test('are warnings', async () => {
    expect(await problems(`a ${goto('c')}`, 'b', 'c')).toMatchInlineSnapshot(
      `"main.yaml:9:11 warning unreachable-step: Failed to find a way to step "b": the step before always goes elsewhere, and nothing goes here. Go to it in an action, or remove it."`,
    )
    expect(await problems('a onSuccess: [{ name: x, type: end }]', 'b')).toMatchInlineSnapshot(
      `"main.yaml:9:11 warning unreachable-step: Failed to find a way to step "b": the step before always goes elsewhere, and nothing goes here. Go to it in an action, or remove it."`,
    )
  })

  test.each([
    ['an action has criteria', [`a ${goto('c', WHEN)}`, 'b', 'c']],
    ['a failure goes there', [`a ${goto('c')}, onFailure: [{ name: y, type: goto, stepId: b }]`, 'b', 'c']],
    ['dependsOn decides the order', [`a ${goto('c')}`, 'b', 'c dependsOn: [b]']],
  ])('are none when %s', async (_, descriptions) => {
    expect(await problems(...descriptions)).toBe('')
  })
})
