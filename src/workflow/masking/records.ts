import type { Fault } from '../../ground/fault.ts'
import type { Check, Delivery, Exchange, StepRun } from '../outcome.ts'
import type { Secrets } from '../secrets.ts'

/*
 * Records of ours without secrets. Only what came from outside is masked: servers choose the values of cookies, and one
 * that is `request` or `passed` must take away neither a field of that name nor a state.
 */

export function maskedExchange({ request, response, ...times }: Exchange, secrets: Secrets): Exchange {
  return {
    ...times,
    request: {
      method: request.method,
      url: secrets.mask(request.url),
      headers: secrets.maskAll(request.headers),
      body: secrets.maskAll(request.body),
    },
    response: response && {
      status: response.status,
      headers: secrets.maskAll(response.headers),
      ...('body' in response && { body: secrets.maskAll(response.body) }),
    },
  }
}

export function maskedDelivery(delivery: Delivery, secrets: Secrets): Delivery {
  const { address, correlationId, message } = delivery
  return {
    ...delivery,
    address: secrets.mask(address),
    correlationId: secrets.maskAll(correlationId),
    message: message && { headers: secrets.maskAll(message.headers), payload: secrets.maskAll(message.payload) },
  }
}

function maskedCheck(check: Check, secrets: Secrets): Check {
  const { condition, actual, expected, error, absent, mismatches } = check
  return {
    ...check,
    condition: secrets.mask(condition),
    actual: secrets.maskAll(actual),
    expected: secrets.maskAll(expected),
    error: secrets.maskAll(error),
    absent: secrets.maskAll(absent),
    mismatches: mismatches?.map(({ message, pointer, ...rest }) => ({
      ...rest,
      pointer: secrets.mask(pointer),
      message: secrets.mask(message),
    })),
  }
}

function maskedFault({ verb, thing, found, advice, note }: Fault, secrets: Secrets): Fault {
  return {
    verb,
    thing: secrets.mask(thing),
    found: secrets.mask(found),
    ...(advice !== undefined && { advice: secrets.mask(advice) }),
    ...(note !== undefined && { note: secrets.mask(note) }),
  }
}

/** Its outputs are as they are, for they may be used. */
export function maskedRun(run: StepRun, secrets: Secrets): StepRun {
  const { exchange, delivery, fault, warnings, absent } = run
  const checks = (list: readonly Check[]) => list.map(check => maskedCheck(check, secrets))
  return {
    ...run,
    ...(exchange && { exchange: maskedExchange(exchange, secrets) }),
    ...(delivery && { delivery: maskedDelivery(delivery, secrets) }),
    ...('checks' in run && { checks: checks(run.checks) }),
    ...('error' in run && run.error !== undefined && { error: secrets.mask(run.error) }),
    ...(fault && { fault: maskedFault(fault, secrets) }),
    ...(absent && { absent: secrets.maskAll(absent) }),
    ...(warnings && { warnings: checks(warnings) }),
  }
}
