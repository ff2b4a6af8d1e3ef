import { basename } from 'node:path'
import type { ArazzoDocument } from '../../document/model.ts'
import type { Problem } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { describeHook, type SuiteHook } from './hooks.ts'
import type { Suite } from './parts.ts'

/**
 * Why no test of a document runs: its workflows are setups and teardowns, or parts of such. Nothing where one is
 * tested, or is said not to be.
 *
 * @param areOthersTested whether other documents are, which then have what the plugin's options name here.
 */
export function untestedProblems(
  { file }: ArazzoDocument,
  suites: readonly Suite[],
  areOthersTested = false,
): Problem[] {
  const taken = takenIn(suites)
  if (taken.length === 0 || suites.some(({ isTested }) => isTested)) return []
  if (areOthersTested && isForOthers(suites)) return []
  const takes = taken.map(
    ({ workflow, hooks }) => `workflow "${workflow.workflowId}" is ${hooks.map(whose).join(' and ')}`,
  )
  const message = failed('test', basename(file), `${takes.join(', ')}, and no other runs`)
  return [{ code: 'invalid-suite', severity: 'error', message, at: taken[0]!.workflow.at, hint: HINT }]
}

/** Whether all that is taken of a document is taken by the plugin's options, as of one that is only there for that. */
export function isForOthers(suites: readonly Suite[]): boolean {
  const taken = takenIn(suites)
  return taken.length > 0 && taken.every(({ hooks }) => hooks.every(({ of }) => of === 'plugin'))
}

function takenIn(suites: readonly Suite[]) {
  return suites.flatMap(({ workflow, part }) => (part?.hooks ? [{ workflow, hooks: part.hooks }] : []))
}

const HINT = [
  'Add a workflow that is tested; or write x-vitest: { skip: true } in a document that is only there for setups and',
  'teardowns, { skip: false } on a workflow that is a test as well.',
].join(' ')

/** `setup.run (./shop.arazzo.yaml) of the plugin's options`. */
function whose(hook: SuiteHook): string {
  const owner = { plugin: "the plugin's options", document: "the document's x-vitest", workflow: 'an x-vitest' }[
    hook.of
  ]
  return `${describeHook(hook)} of ${owner}`
}
