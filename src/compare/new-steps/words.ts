import type { ArazzoDocument } from '../../document/model.ts'
import { ended } from '../../ground/fault.ts'
import { quoted } from '../../ground/words.ts'
import type { NewStep } from '../comparison.ts'
import type { SideName } from '../pair.ts'
import type { Tries } from './places.ts'
import { keyOf, routeOf } from './places.ts'
import { UNSERVED } from './unserved.ts'

/** `step "pay" is new: base has no POST /payments (status 404)`, `step "receipt" is new: it needs step "pay"`. */
export function newWords({ step, route, status, needs }: NewStep): string {
  const why = needs === undefined ? `base has no ${route} (status ${status})` : `it needs step "${needs}"`
  return `step "${step}" is new: ${why}`
}

/** `without step "pay", which is new on head`, `without steps "pay", "receipt", which are new on head`. */
export function withoutWords(newSteps: readonly NewStep[]): string {
  const [names, isOne] = [quoted(newSteps.map(({ step }) => step)), newSteps.length === 1]
  return `without ${isOne ? 'step' : 'steps'} ${names}, which ${isOne ? 'is' : 'are'} new on head`
}

/** `step "pay" (POST /payments)`. */
function stepWords(document: ArazzoDocument, workflowId: string, tries: Tries): string {
  const route = routeOf(document, tries)
  return `step "${keyOf(workflowId, tries)}"${route === undefined ? '' : ` (${route})`}`
}

/** Sentences for a step whose route base has, and head has not. */
export function lostRouteText(document: ArazzoDocument, workflowId: string, tries: Tries): string {
  const words = stepWords(document, workflowId, tries)
  return (
    `head has lost ${words}: it responds with status ${tries.statuses.at(-1)}, where base passes. ` +
    'Restore the route; if it was removed on purpose, remove the step from the workflow.'
  )
}

/** Sentences for a step that fails in each run on one side, and passes on the other. */
export function brokenWords(document: ArazzoDocument, workflowId: string, side: SideName, tries: Tries): string {
  const other = side === 'base' ? 'head' : 'base'
  const status = tries.statuses.at(-1)
  const got = status === undefined ? (whyOf(tries) ?? 'it got no response') : `it responds with status ${status}`
  const isData = side === 'base' && status === UNSERVED
  const data = isData ? ', which does not show that it has no such route: data may be missing' : ''
  const advice =
    side === 'base'
      ? 'Repair base, compare with a commit in which the step passes, or leave the step out.'
      : 'Repair it on head.'
  const words = stepWords(document, workflowId, tries)
  return `${words} fails on ${side} and passes on ${other}: ${ended(got + data)} ${advice}`
}

const whyOf = ({ last }: Tries) => ('error' in last ? last.error : 'because' in last ? last.because : undefined)
