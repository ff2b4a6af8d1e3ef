import { afterEach, beforeEach, describe } from 'vitest'
import { closeAll, transports, useTransport } from './support.ts'

/**
 * The same tests over each transport; what a test opened is closed after it. `%s` in the title is the transport's name.
 */
export function overEach(title: string, tests: () => void): void {
  describe.each(transports)(title, name => {
    beforeEach(() => useTransport(name))
    afterEach(closeAll)
    tests()
  })
}
