import type { LoadReport } from 'vitest-arazzo/engine'
import type { Books } from './faulty-app.ts'

export interface Account {
  what: string
  /** By the books of the load generator, and by those of the application. */
  generator: number
  application: number
}

type Report = Pick<LoadReport, 'answers' | 'arrivals' | 'transport'>

/**
 * What both saw, each by its own books. What was sent and never received had its connection ended under it by a
 * restart, or forgotten by the system of an application that hung, which ends in a timeout: it has to be among the
 * requests that the generator knows to have lost, like those that were received and got nothing or the half.
 */
export function accountsOf({ answers, arrivals, transport }: Report, books: Books): Account[] {
  const attempts = sum(answers.map(({ requests }) => requests))
  const kinds = (...names: string[]) => sum(answers.flatMap(({ errors }) => names.map(name => errors[name] ?? 0)))
  const failures = sum(answers.flatMap(({ errors }) => Object.values(errors)))
  const resent = transport.requestsResent ?? 0
  const sent = attempts + resent - kinds('refused')
  const neverReceived = sent - books.received
  const { unavailable, cut, reset, malformed } = books.dealt
  return [
    {
      what: 'responses that came whole',
      generator: attempts - kinds('refused', 'reset', 'protocol', 'timeout', 'aborted'),
      application: books.answered,
    },
    { what: 'of them 503', generator: kinds('criterion', 'openapi'), application: unavailable },
    { what: 'malformed heads', generator: kinds('protocol'), application: malformed },
    {
      what: 'requests without a whole response',
      generator: kinds('reset', 'timeout') + resent,
      application: cut + reset + books.pending + neverReceived,
    },
    { what: 'failed iterations, failed attempts', generator: arrivals.failed, application: failures },
  ]
}

/** Requests that one of the books has and the other has not. */
export const unaccounted = (accounts: readonly Account[]): number =>
  sum(accounts.map(({ generator, application }) => Math.abs(generator - application)))

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
