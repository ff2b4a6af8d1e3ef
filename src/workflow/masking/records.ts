import type { Check, Delivery, Exchange, StepRun } from '../outcome.ts'
import type { Secrets } from '../secrets.ts'

/*
 * Records of ours without secrets. Only what came from outside is masked: servers choose the values of cookies, and one
 * that is `request` or `passed` must take away neither a field of that name nor a state.
 */

/** A record whose members of these names are masked. */
function masked<T extends object>(record: T, secrets: Secrets, names: readonly (keyof T)[]): T {
  const present = names.filter(name => record[name] !== undefined)
  return Object.assign({ ...record }, Object.fromEntries(present.map(name => [name, secrets.maskAll(record[name])])))
}

export function maskedExchange(exchange: Exchange, secrets: Secrets): Exchange {
  const { request, response } = exchange
  return {
    ...exchange,
    request: masked(request, secrets, ['url', 'headers', 'body']),
    response: response && masked(response, secrets, ['headers', 'body']),
  }
}

export function maskedDelivery(delivery: Delivery, secrets: Secrets): Delivery {
  const message = delivery.message && masked(delivery.message, secrets, ['headers', 'payload'])
  return { ...masked(delivery, secrets, ['address', 'correlationId']), message }
}

function maskedCheck(check: Check, secrets: Secrets): Check {
  const mismatches = check.mismatches?.map(one => masked(one, secrets, ['message', 'pointer']))
  return { ...masked(check, secrets, ['condition', 'actual', 'expected', 'error', 'absent']), mismatches }
}

/** Its outputs are as they are, for they may be used. */
export function maskedRun(run: StepRun, secrets: Secrets): StepRun {
  const { exchange, delivery, fault, warnings } = run
  const checks = (list: readonly Check[]) => list.map(check => maskedCheck(check, secrets))
  return {
    ...masked(run, secrets, ['absent']),
    ...(exchange && { exchange: maskedExchange(exchange, secrets) }),
    ...(delivery && { delivery: maskedDelivery(delivery, secrets) }),
    ...('checks' in run && { checks: checks(run.checks) }),
    ...('error' in run && run.error !== undefined && { error: secrets.mask(run.error) }),
    ...(fault && { fault: masked(fault, secrets, ['thing', 'found', 'advice', 'note']) }),
    ...(warnings && { warnings: checks(warnings) }),
  }
}
