import { formatCount } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { HookFigures, LoadReport } from '../measure/report.ts'

/** `setup failed`, `teardown failed`: what is said of such a run first. */
export function headOfHooks({ hooks = [] }: Pick<LoadReport, 'hooks'>): string | undefined {
  const failed = hooks.find(({ failed }) => failed > 0)
  return failed && `${failed.hook} failed`
}

/** `setup.vu (#login) 4 times, 4 requests`: what ran beside the load, in a line. */
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
