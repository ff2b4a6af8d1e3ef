import { expect, test } from 'vitest'
import { aReport, someProcesses } from '../../builders/report.ts'
import { failing } from './failing.ts'

test('passes at the bound and below, for the application and for the generator', () => {
  expect(aReport().target).toStayUnderMemory('181MB')
  expect(aReport().target).not.toStayUnderMemory('180MB')
  expect(aReport().generator).toStayUnderMemory(95_000_000)
  expect(aReport().generator).not.toStayUnderMemory('90 MiB')
})

test('above it says how it grew, and of which processes', () => {
  expect(failing(() => expect(someProcesses()).toStayUnderMemory('100MB'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderMemory('100MB')

    Expected: memory <= 100 MB
    Received: 181 MB (81 % over; from 90 MB at the start to 176 MB at the end of the window, pid 4711 and 2 children)"
  `)
})

test('with .not', () => {
  expect(failing(() => expect(someProcesses()).not.toStayUnderMemory('200MiB'))).toMatchInlineSnapshot(`
    "expect(report.target).not.toStayUnderMemory('200MiB')

    Expected: not memory <= 200 MiB
    Received: 173 MiB"
  `)
})

test('processes that were never read do not pass, either way', () => {
  const unread = someProcesses({ samples: 0, memoryPeak: 0 })
  expect(failing(() => expect(unread).toStayUnderMemory('1GB'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderMemory('1GB')

    Expected: memory <= 1 GB
    Received: no data

    Its processes were not read once. They had ended, or the window was too short."
  `)
  expect(failing(() => expect(unread).not.toStayUnderMemory('1GB'))).toContain('no data')
})

test('a run without a target says how to get one, either way', () => {
  const { target } = aReport({ target: undefined })
  expect(failing(() => expect(target).toStayUnderMemory('200MB'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderMemory('200MB')

    Expected: what processes used: report.target or report.generator
    Received: undefined

    report.target is undefined: no target process is known. Let the plugin start the application (server), or give runLoad target: { pid }."
  `)
  expect(failing(() => expect(target).not.toStayUnderMemory('200MB'))).toContain('no target process is known')
})

test('a whole report is asked whose memory', () => {
  expect(failing(() => expect(aReport()).toStayUnderMemory('200MB'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderMemory('200MB')

    Expected: what processes used: report.target or report.generator
    Received: a LoadReport

    Say whose: report.target is the application, report.generator the load generator."
  `)
})

test('a bound that is none is refused', () => {
  expect(failing(() => expect(someProcesses()).toStayUnderMemory('200ms'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderMemory('200ms')

    Expected: a bound for memory
    Received: no such bound

    Failed to read the bound: "200ms" is not a size: "ms" is not a unit of size. Write bytes as a number, or text such as '200MB' (1 MB is 1,000,000 bytes) or '200MiB' (1 MiB is 1,048,576)."
  `)
})
