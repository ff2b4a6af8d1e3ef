import { given } from './given.ts'
import { plainLines } from './plain.ts'

/** Parts of an error message. They stay separate until it is printed. */
export interface Fault {
  verb: string
  thing: string
  found: string
  /** Advice, as a sentence. */
  advice?: string | undefined
  /** Further observation that differs from time to time. It is not part of the message. */
  note?: string | undefined
}

/** Finding without its subject. */
export type Finding = Pick<Fault, 'found' | 'advice'>

/** Reason of a failure, with or without its subject. */
export type Reason = Fault | Finding

export const isFault = (reason: Reason): reason is Fault => 'verb' in reason

/** The one voice: `Failed to <verb> <thing>: <what was found>. <What to do.>` */
export function sentenceOf(fault: Fault): string {
  return plainLines(withAdvice(claim(fault), fault.advice))
}

/** Claim without advice, for text that continues. */
export const claimOf = (fault: Fault): string => plainLines(claim(fault))

const claim = ({ verb, thing, found }: Fault) => `Failed to ${verb} ${thing}: ${found}`

/** Text of a reason: a sentence if the subject is known, otherwise text that follows a colon. */
export function wordsOf(reason: Reason): string {
  if (isFault(reason)) return sentenceOf(reason)
  return reason.advice ? withAdvice(reason.found, reason.advice) : reason.found
}

const withAdvice = (found: string, advice: string | undefined) => [ended(found), advice].filter(Boolean).join(' ')

/** A sentence, as it ends; with a full stop where it has no end. Quoted output at its end stays as it was written. */
export const ended = (text: string): string => (/[.!?]$|\n {2}\| .*$/.test(text) ? text : `${text}.`)

/** Words that may end as a sentence, with more of the same line behind them. */
export const continued = (text: string, more: string): string => (more === '' ? text : text.replace(/\.$/, '') + more)

/** Message and advice, separately. */
export function toDiagnostic({ advice, ...fault }: Fault): { message: string; hint?: string } {
  return given({ message: sentenceOf(fault), hint: advice })
}

/** Sentence of a fault, for callers without a `Fault`. */
export function failed(verb: string, thing: string, found: string, advice?: string): string {
  return sentenceOf({ verb, thing, found, advice })
}

// A symbol: test runners print what else an error has.
const FAULT = Symbol.for('vitest-arazzo.fault')

/**
 * Marks an error that says what is wrong and what to do, so that readers need no stack.
 *
 * @param fault its parts, for other forms of the message.
 */
export function asUserError<E extends Error>(error: E, fault?: Fault): E {
  return Object.defineProperty(error, FAULT, { value: fault })
}

/** An error that knows its parts. */
export function failure(verb: string, thing: string, found: string, advice?: string, options?: ErrorOptions): Error {
  const fault = { verb, thing, found, advice }
  const error = asUserError(new Error(sentenceOf(fault), options), fault)
  Error.captureStackTrace(error, failure)
  return error
}

export function isUserError(error: unknown): error is Error {
  return error instanceof Error && FAULT in error
}

/** The parts of an error, where it has them. */
export function faultOf(error: unknown): Fault | undefined {
  return isUserError(error) ? (error as { [FAULT]?: Fault })[FAULT] : undefined
}

/** Reason of a thrown error. Messages of other libraries are used unchanged. */
export function reasonOf(error: Error): Reason {
  return faultOf(error) ?? { found: error.message }
}
