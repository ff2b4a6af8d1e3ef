import { createContext, Script } from 'node:vm'
import { ExpressionError } from './expression-error.ts'

const context = createContext({ task: undefined as unknown })
const script = new Script('task()')

/** It took too long. */
export class TimeLimitError extends ExpressionError {}

/**
 * Runs a synchronous task and stops it if it takes too long, so that a query of a document cannot block a run or
 * overflow the stack. V8's watchdog also stops our functions that the script calls. Costs about 50 microseconds.
 */
export function bounded<T>(
  task: () => T,
  milliseconds = 2_000,
  { expected = 'a result', hint = 'Write a simpler query.' }: { expected?: string; hint?: string } = {},
): T {
  context.task = task
  try {
    return script.runInContext(context, { timeout: milliseconds })
  } catch (error) {
    if (error instanceof Error && error.message.includes('Maximum call stack size'))
      throw new ExpressionError(`expected ${expected}, found nesting that is too deep`, 0, hint)
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new TimeLimitError(`expected ${expected} within ${milliseconds} ms, found none`, 0, hint)
  } finally {
    context.task = undefined
  }
}
