/*
 * Apart from those who check them: what runs a document that was read has no need of the parser, which takes 40 ms to
 * load.
 */

/** The field of a workflow that holds load tests. */
export const LOAD_TEST_FIELD = 'x-load-test'

/** The field of a document or a workflow that says how its suites run. */
export const VITEST_FIELD = 'x-vitest'

/** The field of an output that takes a part of its text. */
export { EXTRACT_FIELD } from '../expression/selector.ts'

/** The field of a step that says how it reads a stream of server-sent events. */
export const EVENTS_FIELD = 'x-events'
