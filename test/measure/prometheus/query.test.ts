import { expect, test } from 'vitest'
import { compileQuery, readExposition } from '../../../src/measure/prometheus/query.ts'

const exposition = readExposition(`
waiting{queue="mail"} 3
waiting{queue="sms"} 5
heap 100
limit 400
sum 9
`)

test.each([
  ['heap', 100],
  ['waiting', 8],
  ['sum(waiting)', 8],
  ['max(waiting)', 5],
  ['min(waiting)', 3],
  ['avg(waiting)', 4],
  ['count(waiting)', 2],
  ['waiting{queue="mail"}', 3],
  ['waiting{queue!="mail"}', 5],
  ['max(waiting{queue="mail"})', 3],
  ['sum', 9],
  ['heap / limit * 100', 25],
  ['limit - heap - 50', 250],
  ['2 + 3 * heap', 302],
  ['(2 + 3) * heap', 500],
  ['1e3', 1000],
  ['nothing', undefined],
  ['heap + nothing', undefined],
  ['waiting{queue="fax"}', undefined],
])('%s is %s', (text, value) => {
  expect(compileQuery(text)(exposition)).toBe(value)
})

test.each([
  ['', 'it ends too early'],
  ['heap +', 'it ends too early'],
  ['heap heap', 'it is not a valid expression from character 6 on'],
  ['rate(waiting[5m])', 'it is not a valid expression from character 13 on'],
  ['waiting{queue=mail}', 'it is not a valid expression from character 15 on'],
  ['waiting{queue="mail"', 'it ends too early'],
  ['sum(1)', 'it is not a valid expression from character 5 on'],
])('%s is none', (text, found) => {
  expect(() => compileQuery(text)).toThrow(
    `Failed to read ${JSON.stringify(text)}: ${found}. Write the name of a series`,
  )
})
