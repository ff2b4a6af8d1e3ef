import { expect, test } from 'vitest'
import { colorsOf } from '../../src/report/color.ts'
import { hostTable } from '../../src/report/figures.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { aReport } from '../builders/report.ts'

function reportOf(...names: string[]) {
  const clock = { offset: 12.4, within: 0.2, drift: 0.21 }
  const about = { machine: 'Intel Xeon, 8 cores', threads: 1, share: 1 / names.length, clock }
  const figures = { started: 1_200, lateness: 1.25, eventLoopUtilization: 0.312, cpu: 0.423, memory: 81_400_000 }
  return aReport({ hosts: names.map(host => ({ host, ...about, ...figures, connectionsOpened: 16 })) })
}

const table = (width: number, ...names: string[]) => hostTable(reportOf(...names), width, colorsOf(false))

test('names of hosts are whole: columns that a doubt or the page tell of go first', () => {
  expect(`\n${table(98, 'eu-1', 'eu-2').join('\n')}`).toMatchInlineSnapshot(`
    "
    hosts  share  begun     late    busy     CPU   memory  connections                    clock
    eu-1    50 %  1,200  1.25 ms  31.2 %  42.3 %  81.4 MB           16  +12.4 ms, drift 0.21 ms
    eu-2    50 %  1,200  1.25 ms  31.2 %  42.3 %  81.4 MB           16  +12.4 ms, drift 0.21 ms"
  `)
  expect(`\n${table(78, 'eu-west-1a-load-1', 'eu-west-1a-load-2').join('\n')}`).toMatchInlineSnapshot(`
    "
    hosts               share   begun      late     busy      CPU    memory
    eu-west-1a-load-1    50 %   1,200   1.25 ms   31.2 %   42.3 %   81.4 MB
    eu-west-1a-load-2    50 %   1,200   1.25 ms   31.2 %   42.3 %   81.4 MB"
  `)
})

test.each([40, 58, 78, 98])('names that have no room in %i columns go on below, and none is like another', width => {
  const names = ['a', 'b'].map(pod => `load-agents-of-the-shop-7f9c6d5b4-${pod}-in-the-cluster-of-europe`)
  const lines = table(width, ...names)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
  const pieces = lines.slice(1).map(line => line.split('  ')[0]!.split(/ +\d/)[0]!)
  expect(pieces.join('')).toBe(names.join(''))
})

test('a report of several hosts shows them whole on a terminal of 80 columns', () => {
  const text = renderLoadReport(reportOf('eu-west-1a-load-1', 'eu-west-1b-load-1'), { color: false, width: 80 })
  for (const name of ['eu-west-1a-load-1', 'eu-west-1b-load-1']) expect(text).toContain(`  ${name}  `)
})

test('the page names the host of a thread, for slow requests and for failures', () => {
  const request = { method: 'GET', url: 'http://a/x', headers: {}, at: 12, latency: 3, thread: 2, host: 'eu-2' }
  const group = { step: 'pay', kind: 'timeout', message: 'no response', count: 1, exemplars: [request] }
  const slow = { step: 'pay', latency: 212, at: 12_300, thread: 1, host: 'eu-1', request: 'POST http://a/pay' }
  const report = { ...reportOf('eu-1', 'eu-2'), errors: [group], slowest: [slow] }
  const page = renderHtmlReport([{ name: 'checkout', report }])
  expect(page).toContain('after 3 ms, thread 2 (eu-2)</p>')
  expect(page).toContain('<td class="number">1 (eu-1)</td>')
})
