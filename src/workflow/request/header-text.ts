import { RequestError } from './error.ts'
import type { ParameterPlan } from './parameter.ts'

/** A parameter, and where its value stands among those of the request. */
export interface Numbered {
  readonly plan: ParameterPlan
  readonly index: number
}

const forbidden = /[\r\n\0]/

/** A header or cookie from a response must not bring a second header or request with it. */
export function refuseLineBreaks(plan: ParameterPlan, text: string): string {
  if (!forbidden.test(text)) return text
  const thing = `${plan.in} parameter "${plan.name}"`
  const found = 'its value contains a line break or NUL'
  throw new RequestError({ verb: 'write', thing, found, advice: 'Encode it, or take it from another place.' }, plan.at)
}

const latin1Only = /[^\u0000-\u00ff]/

/** The text of a header's value, as Latin-1. */
export function headerText(plan: ParameterPlan, value: unknown): string {
  const text = refuseLineBreaks(plan, plan.write(value))
  return latin1Only.test(text) ? Buffer.from(text).toString('latin1') : text
}
