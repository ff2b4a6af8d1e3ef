import { formatCount } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { HookFigures, LoadReport } from '../measure/report.ts'

/** First words about a failed hook: `setup failed`, `teardown failed`. */
export function headOfHooks({ hooks = [] }: Pick<LoadReport, 'hooks'>): string | undefined {
  const failed = hooks.find(({ failed }) => failed > 0)
  return failed && `${failed.hook} failed`
}

/** Hooks of a load in one line: `setup.vu (#login) 4 times, 4 requests`. */
export function describeHooks(hooks: readonly HookFigures[]): string {
  return hooks.map(describeHook).join(' · ')
}

function describeHook({ hook, per, name, runs, failed, skipped, requests }: HookFigures): string {
  const parts = [
    runs === 1 ? 'once' : `${formatCount(runs)} times`,
    ...(requests > 0 ? [counted(requests, 'request')] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(skipped > 0 ? [`left out ${skipped === 1 ? 'once' : `${formatCount(skipped)} times`}`] : []),
  ]
  return `${hook}.${per} (${name}) ${parts.join(', ')}`
}
