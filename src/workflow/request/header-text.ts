import type { Wrong } from '../../ground/fault.ts'
import { formatCount } from '../../ground/units.ts'
import { RequestError } from './error.ts'
import type { ParameterPlan } from './parameter.ts'

/** A parameter, and where its value stands among those of the request. */
export interface Numbered {
  readonly plan: ParameterPlan
  readonly index: number
}

const forbidden = /[\r\n\0]/

/** Most characters of a header's value: servers take less by far, and longer ones keep a thread busy for seconds. */
export const LONGEST_HEADER = 2 ** 18

/** A header or cookie from a response must not bring a second header or request with it, nor be without end. */
export function refuseUnfit(plan: ParameterPlan, text: string): string {
  if (text.length > LONGEST_HEADER)
    throw unfit(plan, {
      found: `its value has ${formatCount(text.length)} characters, and may have ${formatCount(LONGEST_HEADER)}`,
      advice: 'Send it in a body, or take a part of it.',
    })
  if (!forbidden.test(text)) return text
  throw unfit(plan, {
    found: 'its value contains a line break or NUL',
    advice: 'Encode it, or take it from another place.',
  })
}

const unfit = (plan: ParameterPlan, wrong: Wrong) =>
  new RequestError({ verb: 'write', thing: `${plan.in} parameter "${plan.name}"`, ...wrong }, plan.at)

const latin1Only = /[^\u0000-\u00ff]/

/** The text of a header's value, as Latin-1. */
export function headerText(plan: ParameterPlan, value: unknown): string {
  const text = refuseUnfit(plan, plan.write(value))
  return latin1Only.test(text) ? Buffer.from(text).toString('latin1') : text
}
