import { expect, test } from 'vitest'
import { peers } from '../../bench/macro/peers.ts'

const [wrk, ab, hey] = peers as [(typeof peers)[0], (typeof peers)[0], (typeof peers)[0]]

test('what wrk prints is read', () => {
  const printed = `Running 1s test @ http://127.0.0.1:34627/nothing
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.52ms    2.23ms  18.73ms   87.55%
    Req/Sec    10.40k     2.43k   14.28k    70.00%
  10472 requests in 1.01s, 3.08MB read
  Socket errors: connect 1, read 2, write 0, timeout 3
  Non-2xx or 3xx responses: 10472
Requests/sec:  10354.58
Transfer/sec:      3.04MB
`
  expect(wrk.read(printed)).toEqual({ requestsPerSecond: 10354.58, requests: 10472, errors: 10478 })
  expect(wrk.read(printed.replace(/^ +(Socket|Non).*\n/gm, '')).errors).toBe(0)
})

test('what ab prints is read', () => {
  const printed = `Concurrency Level:      8
Time taken for tests:   0.196 seconds
Complete requests:      2000
Failed requests:        3
   (Connect: 0, Receive: 0, Length: 3, Exceptions: 0)
Non-2xx responses:      200
Keep-Alive requests:    2000
Requests per second:    10186.72 [#/sec] (mean)
`
  expect(ab.read(printed)).toEqual({ requestsPerSecond: 10186.72, requests: 2000, errors: 203 })
})

test('what hey prints is read', () => {
  const printed = `
Summary:
  Total:	1.0157 secs
  Requests/sec:	2744.0167

Response time histogram:
  0.000 [1]	|
  0.002 [2208]	|■■■■■■■■■■■■

Status code distribution:
  [200]	2787 responses
  [404]	20 responses

Error distribution:
  [8]	Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused
`
  expect(hey.read(printed)).toEqual({ requestsPerSecond: 2744.0167, requests: 2807, errors: 28 })
})

test('the requests of a workload become arguments', () => {
  const post = { method: 'POST', path: '/orders', headers: ['content-type', 'application/json'], body: '{"count":2}' }
  const size = { connections: 64, seconds: 2 }
  const files: string[] = []
  const file = (name: string, text: string) => {
    files.push(text)
    return `/tmp/${name}`
  }
  expect(hey.command('http://h/orders', [post], size, file)).toEqual([
    ...['hey', '-z', '2s', '-c', '64', '-cpus', '1', '-m', 'POST'],
    ...['-H', 'content-type: application/json', '-d', '{"count":2}', 'http://h/orders'],
  ])
  expect(ab.command('http://h/orders', [post], size, file)).toEqual([
    ...['ab', '-q', '-k', '-c', '64', '-t', '2', '-n', '5000000'],
    ...['-p', '/tmp/body', '-T', 'application/json', 'http://h/orders'],
  ])
  const get = { method: 'GET', path: '/' }
  expect(wrk.command('http://h/', [get], size, file)).toEqual(['wrk', '-t', '1', '-c', '64', '-d', '2s', 'http://h/'])
  expect(files).toEqual(['{"count":2}'])
  wrk.command('http://h/', [post, get], size, file)
  expect(files[1]).toContain(
    String.raw`wrk.format("POST","/orders",{["content-type"]="application/json"},"{\"count\":2}")`,
  )
})
