import { given } from './given.ts'
import { plainLines } from './plain.ts'

/** What went wrong, in its parts. It stays so until somebody prints it. */
export interface Fault {
  verb: string
  thing: string
  found: string
  /** What to do, as a sentence. */
  advice?: string | undefined
  /** What was seen besides, which differs from one time to the next: in no sentence, for who looks at one failure. */
  note?: string | undefined
}

/** What is known before it is known of what. */
export type Finding = Pick<Fault, 'found' | 'advice'>

/** Why something failed, of what or not yet. */
export type Reason = Fault | Finding

export const isFault = (reason: Reason): reason is Fault => 'verb' in reason

/** The one voice: `Failed to <verb> <thing>: <what was found>. <What to do.>` */
export function sentenceOf(fault: Fault): string {
  return plainLines(withAdvice(claim(fault), fault.advice))
}

/** The same without advice, to go on behind it. */
export const claimOf = (fault: Fault): string => plainLines(claim(fault))

const claim = ({ verb, thing, found }: Fault) => `Failed to ${verb} ${thing}: ${found}`

/** A reason in words: a sentence where it is known of what, else what goes on behind a colon. */
export function wordsOf(reason: Reason): string {
  if (isFault(reason)) return sentenceOf(reason)
  return reason.advice ? withAdvice(reason.found, reason.advice) : reason.found
}

const withAdvice = (found: string, advice: string | undefined) => [ended(found), advice].filter(Boolean).join(' ')

/** A sentence, as it ends; with a full stop where it has no end. Quoted output at its end stays as it was written. */
export const ended = (text: string): string => (/[.!?]$|\n {2}\| .*$/.test(text) ? text : `${text}.`)

/** Words that may end as a sentence, with more of the same line behind them. */
export const continued = (text: string, more: string): string => (more === '' ? text : text.replace(/\.$/, '') + more)

/** What is wrong apart from what to do about it. */
export function toDiagnostic({ advice, ...fault }: Fault): { message: string; hint?: string } {
  return given({ message: sentenceOf(fault), hint: advice })
}

/** The same for those who have nothing but the sentence to give. */
export function failed(verb: string, thing: string, found: string, advice?: string): string {
  return sentenceOf({ verb, thing, found, advice })
}

// A symbol: test runners print what else an error has.
const FAULT = Symbol.for('vitest-arazzo.fault')

/**
 * Marks an error that says what is wrong and what to do: who reads it needs no stack.
 *
 * @param fault its parts, where somebody may want to say it otherwise.
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

/** Why an error was thrown. What others say is taken whole, whatever it begins with. */
export function reasonOf(error: Error): Reason {
  return faultOf(error) ?? { found: error.message }
}
