import { describe, expect, test } from 'vitest'
import { oneWorkflow, problemsOf } from './reading.ts'

const step = (body: string, version = '1.1.0') =>
  oneWorkflow(`      - stepId: a\n        operationId: login\n        requestBody:\n${body}`, { version })

describe('targets of replacements', () => {
  test('that cannot be read', async () => {
    const body = `          payload: {}
          replacements:
            - { target: a/b, value: 1 }
            - { target: $.a, value: $inputs. }
            - { target: '$.a[', targetSelectorType: jsonpath, value: 1 }
            - { target: /a~2, value: 1 }
`
    expect(await problemsOf(step(body))).toMatchInlineSnapshot(`
      "main.yaml:13:25 error invalid-expression: Failed to read replacement 1 of step "a": expected "/" at the start of a JSON Pointer, found "a". Write /a/b.
      main.yaml:14:25 warning expression-form: Failed to read replacement 2 of step "a": a target is a JSON Pointer unless it says otherwise; this one is read as JSONPath. Add \`targetSelectorType: jsonpath\`.
      main.yaml:14:45 warning expression-form: Failed to read replacement 2 of step "a": "$inputs." is taken as text: expected the name of an input after "$inputs.", found the end. Correct the expression, or leave it as it is if text is meant.
      main.yaml:15:30 error invalid-expression: Failed to read replacement 3 of step "a": expected a JSONPath (RFC 9535), found "$.a[" (unclosed bracketed selection). Write one such as \`$.items[?@.price > 10]\`; the older dialect is \`draft-goessner-dispatch-jsonpath-00\`.
      main.yaml:16:27 error invalid-expression: Failed to read replacement 4 of step "a": expected "~0" or "~1" in a JSON Pointer, found "~" alone. Write ~0 for "~" and ~1 for "/"."
    `)
    expect(
      await problemsOf(step('          replacements: [{ target: $.a, value: 1 }]\n', '1.0.1')),
    ).toMatchInlineSnapshot(
      `"main.yaml:11:36 warning expression-form: Failed to read replacement 1 of step "a": a target is a JSON Pointer unless it says otherwise; this one is read as JSONPath."`,
    )
  })
})
