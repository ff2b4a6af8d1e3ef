import { expect, test } from 'vitest'
import { brokenModule } from '../../../plugin/transform/test-file.ts'
import type { Problem } from '../../../src/ground/errors.ts'

const problem = (over: Partial<Problem> & { line: number }): Problem => ({
  code: 'undefined-operation',
  severity: 'error',
  message: 'Failed to find operation "createOrdr" in source "shop": no such operationId.',
  at: { file: '/project/shop.arazzo.yaml', line: over.line, column: 22 },
  ...over,
})

async function thrownBy(problems: Problem[]): Promise<Error> {
  const { code } = brokenModule('/project/shop.arazzo.yaml', problems)
  return import(`data:text/javascript,${encodeURIComponent(code)}`).then(
    () => expect.unreachable('the module should throw'),
    (error: Error) => error,
  )
}

test('one problem is the message, and its place the stack', async () => {
  const error = await thrownBy([problem({ line: 9, hint: 'Did you mean "createOrder"?' })])
  expect(error.stack).toMatchInlineSnapshot(`
    "ArazzoError: Failed to find operation "createOrdr" in source "shop": no such operationId. Did you mean "createOrder"?
        at undefined-operation (/project/shop.arazzo.yaml:9:22)"
  `)
})

test('several problems are a line and a frame each, also in other files', async () => {
  const elsewhere = { file: '/project/openapi.yaml', line: 3, column: 1 }
  const error = await thrownBy([
    problem({ line: 9 }),
    problem({
      line: 3,
      code: 'unresolved-reference',
      message: 'Failed to follow "#/nowhere": no such place.',
      at: elsewhere,
    }),
  ])
  expect(error.name).toBe('ArazzoError')
  expect(error.stack).toMatchInlineSnapshot(`
    "ArazzoError: Failed to read shop.arazzo.yaml: 2 problems.
      /project/shop.arazzo.yaml:9:22 Failed to find operation "createOrdr" in source "shop": no such operationId.
      /project/openapi.yaml:3:1 Failed to follow "#/nowhere": no such place.
        at undefined-operation (/project/shop.arazzo.yaml:9:22)
        at unresolved-reference (/project/openapi.yaml:3:1)"
  `)
})
