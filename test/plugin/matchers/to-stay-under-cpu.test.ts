import { expect, test } from 'vitest'
import { aReport, someProcesses } from '../../builders/report.ts'
import { failing } from './failing.ts'

test('passes at the bound and below', () => {
  expect(aReport().target).toStayUnderCpu('61%')
  expect(aReport().target).not.toStayUnderCpu(0.6)
  expect(aReport().generator).toStayUnderCpu('0.45 cores')
})

test('of the machine counts the cores of the machine that was measured', () => {
  expect(someProcesses({ cpu: 2.4, cores: 4 })).toStayUnderCpu('60% of machine')
  expect(someProcesses({ cpu: 2.4, cores: 3 })).not.toStayUnderCpu('60% of machine')
})

test('above it', () => {
  expect(failing(() => expect(someProcesses({ cpu: 1.52 })).toStayUnderCpu('70%'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderCpu('70%')

    Expected: cpu <= 70 %
    Received: 152 % (117 % over; mean of 120 readings of pid 4711 and 2 children)"
  `)
  expect(failing(() => expect(someProcesses({ cpu: 1.52 })).toStayUnderCpu('35% of machine'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderCpu('35% of machine')

    Expected: cpu <= 70 % (35 % of machine)
    Received: 152 % (117 % over; mean of 120 readings of pid 4711 and 2 children)"
  `)
})

test('with .not', () => {
  expect(failing(() => expect(someProcesses()).not.toStayUnderCpu('70%'))).toMatchInlineSnapshot(`
    "expect(report.target).not.toStayUnderCpu('70%')

    Expected: not cpu <= 70 %
    Received: 61 %"
  `)
})

test('processes that were never read, and no processes, do not pass', () => {
  expect(failing(() => expect(someProcesses({ samples: 0, cpu: 0 })).toStayUnderCpu('70%'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderCpu('70%')

    Expected: cpu <= 70 %
    Received: no data

    Its processes were not read once. They had ended, or the window was too short."
  `)
  expect(failing(() => expect(undefined).toStayUnderCpu('70%'))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderCpu('70%')

    Expected: what processes used: report.target or report.generator
    Received: undefined

    report.target is undefined: no target process is known. Let the plugin start the application (server), or give runLoad target: { pid }."
  `)
})

test('a bound that is none is refused', () => {
  expect(failing(() => expect(someProcesses()).toStayUnderCpu(70))).toMatchInlineSnapshot(`
    "expect(report.target).toStayUnderCpu(70)

    Expected: a bound for cpu
    Received: no such bound

    Failed to read the bound: 70 is not a CPU share: a number is a share of one core, and this machine has 2. Did you mean '70%'? Write a share of one core as a number (0.7), or text such as '70%', '1.5 cores' or '70% of machine'."
  `)
})
