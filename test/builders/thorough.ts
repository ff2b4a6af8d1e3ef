import process from 'node:process'
import { type TestAPI, test } from 'vitest'

/** Whether cases are run that others stand for in `npm test`: `npm run test:thorough`. */
export const isThorough = process.env.ARAZZO_THOROUGH === '1'

/** The cases of every run, and those of a thorough one besides. */
export const cases = <const T>(always: readonly T[], besides: readonly T[]): readonly T[] =>
  isThorough ? [...always, ...besides] : always

/** Every third case in every run, all in a thorough one: for transports of which each third case is oracle enough. */
export const isSampled = (place: number): boolean => isThorough || place % 3 === 0

/** So much in every run, and so much in a thorough one. */
export const amount = (always: number, thorough: number): number => (isThorough ? thorough : always)

const none = Object.assign(() => {}, { runIf: () => none })

/** A test of a thorough run, for which others stand in every run. */
export const thoroughly = (isThorough ? test : none) as unknown as TestAPI
