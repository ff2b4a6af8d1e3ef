import { expect, test } from 'vitest'
import { causeWarnings } from '../../../plugin/reporter/cause-warnings.ts'
import type { Cause, CauseFunction, LoadReport } from '../../../src/measure/report.ts'

const named = (found: CauseFunction): Cause => ({
  kind: 'busy',
  functions: [{ function: found, share: 1, time: 2 }],
  busy: 1,
})

const tested = (name: string, ...causes: Cause[]) => ({
  name,
  report: { verdicts: causes.map(cause => ({ cause })) } as unknown as LoadReport,
})

test('a cause in a file is a warning at its line, once', () => {
  const cause = named({ name: 'list', file: 'src/list.ts', line: 3 })
  const waited: Cause = { kind: 'waited', busy: 0, longest: 1 }
  expect(causeWarnings([tested('checkout', cause, waited), tested('other', cause)])).toEqual([
    '::warning file=src/list.ts,line=3,title=Cause in checkout::list (src/list.ts:3) has 100 %25 of the busy time, 2 ms per request. The event loop was busy 100 %25 of the time.',
  ])
})

test('there are three warnings at most', () => {
  const causes = [1, 2, 3, 4].map(line => named({ name: 'list', file: 'src/list.ts', line }))
  expect(causeWarnings([tested('checkout', ...causes)])).toHaveLength(3)
})

test('names end no command, no property and no line', () => {
  const hostile = named({ name: 'a\r\n::error::b\u001b[31m%0A', file: 'a,line=9:b\n.ts', line: 1 })
  const [line] = causeWarnings([tested('one,two: 100%\n::stop-commands::x', hostile)])
  expect(line).toMatch(/^::warning file=a%2Cline=9%3Ab \.ts,line=1,title=[^:,]*::[^\n\r\u001b]*$/)
  expect(line).toContain('%250A')
})
