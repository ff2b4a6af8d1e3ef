import { describe, expect, test } from 'vitest'
import { commandName, Wrappers, wordsIn, wrapperName } from '../../src/measure/wrappers.ts'

const words = (text: string) => text.split(' ')

test.each([
  ['sh -c node server.js', 'sh'],
  ['/bin/bash ./start.sh', 'bash'],
  ['-zsh', 'zsh'],
  ['busybox sh -c x', 'sh'],
  ['npm start', 'npm'],
  ['npm exec http-server', 'npm'],
  ['node /usr/lib/node_modules/npm/bin/npm-cli.js start', 'npm'],
  ['/usr/bin/node /usr/bin/npx http-server', 'npx'],
  ['node /home/me/.yarn/releases/yarn-4.1.0.cjs start', 'yarn'],
  ['node /repo/node_modules/.bin/cross-env A=1 node server.js', 'cross-env'],
  ['node /repo/node_modules/tsx/dist/cli.mjs server.ts', 'tsx'],
  ['bun run start', 'bun'],
  ['node --watch --import x.mjs server.js', 'node --watch'],
  ['node --watch-path=src server.js', 'node --watch'],
  ['node /usr/lib/node_modules/pm2/bin/pm2-runtime start app.js', 'pm2-runtime'],
  ['/usr/bin/python3 /usr/bin/supervisord -n', 'supervisord'],
  ['foreman: master', 'foreman'],
])('%s only starts another', (command, name) => {
  expect(wrapperName(words(command))).toBe(name)
})

test.each([
  'node server.js',
  'node server.js --watch',
  'python3 /usr/bin/gunicorn app:app',
  'node yarn.js',
  'node src/npm-cli.js',
  'bun server.ts',
  'python -m uvicorn app:app',
  'postgres -D data',
  'shopd',
  '',
])('"%s" is an application', command => {
  expect(wrapperName(words(command))).toBeUndefined()
})

test('a command is shown without what may be secret', () => {
  expect(commandName(words('/usr/bin/node --import x.mjs /srv/server.js --token=abc s3cret.js'))).toBe('node server.js')
  expect(commandName(words('postgres -D s3cret'))).toBe('postgres')
  expect(commandName(words('nginx: master process nginx -c s3cret'))).toBe('nginx')
  expect(commandName(['node\u001b[31m', 'a.js'])).not.toContain('\u001b')
  expect(wordsIn('npm start\0\0\0')).toEqual(['npm', 'start'])
  expect(wordsIn('node\0a b.js\0')).toEqual(['node', 'a b.js'])
})

describe('what is left out', () => {
  type Process = readonly [pid: number, ppid: number, command: string]
  const look = (wrappers: Wrappers, living: Process[]) => [
    ...wrappers.among(living.map(([pid, ppid]) => ({ pid, ppid }))),
  ]
  const on = (all: Process[]) => new Wrappers(pid => words(all.find(([one]) => one === pid)?.[2] ?? ''))

  test('npm and its shells, but not the shells of the application', () => {
    const all: Process[] = [
      [10, 1, 'sh -c npm start'],
      [11, 10, 'npm start'],
      [12, 11, 'sh -c node server.js'],
      [13, 12, 'node server.js'],
      [14, 13, 'sh -c convert x'],
      [15, 14, 'convert x'],
    ]
    const wrappers = on(all)
    expect(look(wrappers, all)).toEqual([10, 11, 12])
    expect(wrappers.title(3)).toBe('node server.js (pid 13) and 2 children, without sh, npm')
  })

  test('each branch has its own processes, also one that nobody reaches', () => {
    const all: Process[] = [
      [10, 1, 'sh -c node worker.js & node server.js'],
      [11, 10, 'node worker.js'],
      [12, 10, 'node server.js'],
    ]
    const wrappers = on(all)
    expect(look(wrappers, all)).toEqual([10])
    expect(wrappers.title(2)).toBe('node worker.js (pid 11) and node server.js (pid 12), without sh')
  })

  test('nothing of a master that starts others, whatever it listens to', () => {
    const all: Process[] = [
      [10, 1, 'node master.js'],
      [11, 10, 'node worker.js'],
    ]
    const wrappers = on(all)
    expect(look(wrappers, all)).toEqual([])
    expect(wrappers.title(2)).toBe('node master.js (pid 10) and 1 child')
  })

  test('nothing where the shell is the application, whatever it starts later', () => {
    const all: Process[] = [[10, 1, 'sh server.sh']]
    const wrappers = on([...all, [11, 10, 'nc -l 80']])
    expect(look(wrappers, all)).toEqual([])
    expect(look(wrappers, [...all, [11, 10, 'nc -l 80']])).toEqual([])
    expect(wrappers.title(2)).toBe('sh server.sh (pid 10) and 1 child')
  })

  test('the client of a daemon, whose containers are not among its children', () => {
    const all: Process[] = [
      [10, 1, 'sh -c docker compose up'],
      [11, 10, 'docker compose up'],
      [12, 11, '/usr/libexec/docker/cli-plugins/docker-compose compose up'],
    ]
    const wrappers = on(all)
    expect(look(wrappers, all)).toEqual([10, 11, 12])
    expect(Object.keys(wrappers.whyNothing)).toEqual(['memory', 'cpu'])
    expect(wrappers.whyNothing.memory).toContain('target: { prometheus } or { pid }')
    expect(look(on(all), all.slice(1, 2))).toEqual([11])
    // What runs beside it is counted.
    const beside: Process[] = [...all, [13, 10, 'node server.js']]
    const both = on(beside)
    expect(look(both, beside)).toEqual([10, 11, 12])
    expect(both.title(1)).toBe('node server.js (pid 13), without sh, docker, docker-compose')
  })

  test('a shell is counted once it has become the application', () => {
    const all: Process[] = [
      [10, 1, 'sh -c x'],
      [11, 10, 'node server.js'],
    ]
    const commands = new Map(all.map(([pid, , command]) => [pid, command]))
    const wrappers = new Wrappers(pid => words(commands.get(pid)!))
    expect(look(wrappers, all)).toEqual([10])
    commands.set(10, 'node other.js')
    expect(look(wrappers, all)).toEqual([])
  })
})
