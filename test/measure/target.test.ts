import { expect, test } from 'vitest'
import { sentenceOf } from '../../src/ground/fault.ts'
import { readTargets } from '../../src/measure/target.ts'

const faults = (given: Parameters<typeof readTargets>[0]) =>
  readTargets(given)
    .problems.map(problem => `${problem.path} ${sentenceOf(problem)}`)
    .join('\n')

test('targets of every kind are taken', () => {
  const given = {
    target: { pid: 7, probe: '/tmp/probe' },
    targets: {
      api: { prometheus: 'http://127.0.0.1:9090/metrics', series: { queue: 'sum(app_queue{name="a"}) / 2' } },
    },
  }
  expect(readTargets(given)).toEqual({ ...given, problems: [] })
  expect(readTargets({})).toEqual({ targets: {}, problems: [] })
})

test('what is wrong with them is said, all at once', () => {
  expect(
    faults({
      target: { pdi: 7 },
      targets: {
        a: { pid: -1, prob: '/tmp' },
        b: { prometheus: 'localhost:9090', sereis: {}, cpu: 'rate(x[1m])' },
        c: { prometheus: 'http://localhost/metrics', series: { queue: 3, 'of it': 'a +' } },
        d: { pid: 7, prometheus: 'http://a' },
        e: {},
        f: 4711,
        'g.h': { pid: 7 },
      },
    }),
  ).toMatchInlineSnapshot(`
    "/target/pdi Failed to read target.pdi: there is no such key. Did you mean "pid"?
    /targets/a/prob Failed to read targets.a.prob: there is no such key. Did you mean "probe"?
    /targets/a/pid Failed to read targets.a.pid: it is -1. Write the number of a process.
    /targets/b/sereis Failed to read targets.b.sereis: there is no such key. Did you mean "series"?
    /targets/b/prometheus Failed to read targets.b.prometheus: "localhost:9090" is not an http or https URL. Write 'http://127.0.0.1:9090/metrics'.
    /targets/b/cpu Failed to read targets.b.cpu: "rate(x[1m])": it is not a valid expression from character 7 on. Write the name of a series, or a few of them: 'sum(app_queue_length{queue="mail"}) + app_waiting'.
    /targets/c/series/queue Failed to read targets.c.series.queue: it is 3. Write text: 'sum(app_queue_length)'.
    /targets/c/series/of it Failed to read targets.c.series.of it: "a +": it ends too early. Write the name of a series, or a few of them: 'sum(app_queue_length{queue="mail"}) + app_waiting'.
    /targets/d Failed to read targets.d: it is both pid and prometheus. Give the others a name in targets.
    /targets/e Failed to read targets.e: it is empty. Write { pid: 4711 } or { prometheus: 'http://127.0.0.1:9090/metrics' }.
    /targets/f Failed to read targets.f: 4711 is not an object. Write { pid: 4711 } or { prometheus: 'http://127.0.0.1:9090/metrics' }.
    /targets/g.h Failed to read targets.g.h: its name is not made of letters, digits, _ and -. Rename it."
  `)
  expect(faults({ target: [7], targets: [7] })).toMatchInlineSnapshot(`
    "/target Failed to read target: a list is not an object. Write { pid: 4711 } or { prometheus: 'http://127.0.0.1:9090/metrics' }.
    /targets Failed to read targets: a list is not an object. Write an object: { db: { pid: 4711 } }."
  `)
})
