/** Start of the note of a test that is skipped since its run has decided nothing. */
export const UNDECIDED = 'inconclusive: '

/** Start of the reason for which a budget was not compared. */
export const NOT_COMPARED = 'not compared: '

/** Advice for a budget that speaks of a base if nothing names one. */
export const NO_BASE =
  "Say what it is: arazzo({ compare: { git: 'merge-base', setup: 'npm ci && npm run build' } }), " +
  'or set VITEST_ARAZZO_BASE to a folder that holds it.'

/** Why nothing is compared with a base that is `none`. */
export const BASE_IS_NONE = 'the base is set to none by the environment (VITEST_ARAZZO_BASE_COMMIT).'

/** Why a load test is skipped in watch mode. */
export const WAITS_FOR_KEY = 'in watch mode, press l to run load tests'
