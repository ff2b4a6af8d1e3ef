import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { agent } from '../../src/cli/agent.ts'
import { withoutBroker } from './broker.ts'
import { faultsByTypes, type Manifest } from './manifest-types.ts'

/* The files of examples/hosts: valid by themselves, and of one mind. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'examples/hosts')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

// biome-ignore lint/suspicious/noExplicitAny: what YAML holds; its types are looked at below.
type Any = any

const conf = read('nats.conf')
const users = [...conf.matchAll(/user: "([\w-]+)", password: \$(\w+)/g)].map(([, user, variable]) => ({
  user: user!,
  variable: variable!,
}))
const agents = users.map(({ user }) => user).filter(user => user !== 'coordinator')
const passwords = Object.fromEntries(users.map(({ variable }) => [variable, `p-${variable}`]))

const compose: Any = parse(read('compose.yaml'), { merge: true })
const manifests: Any[] = readdirSync(join(folder, 'kubernetes')).flatMap(file =>
  parseAllDocuments(read(`kubernetes/${file}`)).map(document => {
    expect(document.errors, file).toEqual([])
    return document.toJS()
  }),
)
const the = (kind: string, name: string) =>
  manifests.find(manifest => manifest.kind === kind && manifest.metadata.name === name)
const workloads = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
const containers: Any[] = workloads.flatMap(({ spec }) => spec.template.spec.containers)
const container = (name: string) => containers.find(one => one.name === name)

/** The command of an agent: what has to be the same wherever it stands. */
function commandOf(words: readonly string[]) {
  const at = words.indexOf('agent')
  expect(words[at - 1]).toBe('vitest-arazzo')
  const flags: Record<string, string | true> = {}
  for (let index = at + 1; index < words.length; index++) {
    const name = words[index]!.replace(/^--/, '')
    const flag = agent.flags[name]
    expect(flag, `--${name}`).toBeDefined()
    flags[name] = flag!.value === undefined ? true : words[++index]!
  }
  return flags
}

describe('compose.yaml', () => {
  const without = spawnSync('docker-compose', ['version']).error ? 'there is no docker-compose' : undefined

  test.skipIf(without)(`is valid${without ? `: ${without}` : ''}`, () => {
    const config = (env: Record<string, string>) =>
      spawnSync('docker-compose', ['-f', join(folder, 'compose.yaml'), 'config', '--format', 'json'], {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
        encoding: 'utf8',
      })
    const { status, stdout, stderr } = config(passwords)
    expect(status, stderr).toBe(0)
    expect(stderr).toBe('')
    expect(Object.keys(JSON.parse(stdout).services).sort()).toEqual([...agents, 'nats', 'shop', 'vitest'])
    const { AGENT_1_PASSWORD: _, ...others } = passwords
    expect(config(others).stderr).toContain('AGENT_1_PASSWORD is missing a value: is not set')
  })

  test('has an agent for each user of NATS, each with its own password', () => {
    const { services } = compose
    for (const { user, variable } of users.slice(1)) {
      const { command, environment } = services[user]
      const where = { nats: 'nats://nats:4222', 'allow-host': 'shop', threads: '1' }
      expect(commandOf(command)).toEqual({ name: user, ...where })
      expect(environment).toEqual({ NATS_USER: user, NATS_PASSWORD: `\${${variable}}` })
    }
    expect(Object.keys(services.nats.environment).sort()).toEqual(Object.keys(passwords).sort())
    expect(services.nats.volumes).toEqual(['./nats.conf:/etc/nats/nats.conf:ro'])
    expect(services.nats.command.slice(0, 3)).toEqual(['nats-server', '-c', '/etc/nats/nats.conf'])
    for (const { depends_on: others = {} } of Object.values<Any>(services))
      for (const [name, { condition }] of Object.entries<Any>(others))
        expect(condition).toBe(services[name].healthcheck ? 'service_healthy' : 'service_started')
  })
})

describe('kubernetes/', () => {
  test('is valid by the types of the API, which find what is not', () => {
    const job = structuredClone(the('Job', 'agents'))
    job.spec.completionz = 3
    const unknown: Manifest = { apiVersion: 'batch/v1', kind: 'Jobs', metadata: { name: 'a' } }
    expect(faultsByTypes([...manifests, job, unknown]).sort()).toEqual([
      expect.stringMatching(/has no exported member.* 'Jobs'/),
      expect.stringMatching(/'"completionz"' does not exist in type 'JobSpec'/),
    ])
  })

  test('names only what is there', () => {
    for (const { spec, kind } of manifests) {
      if (kind === 'Deployment') expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
      if (kind !== 'Service') continue
      const pods = workloads.filter(one => one.spec.template.metadata.labels.app === spec.selector.app)
      expect(pods).toHaveLength(1)
      const open = pods[0].spec.template.spec.containers[0].ports
      for (const { targetPort, port } of spec.ports)
        expect(open).toContainEqual({ name: targetPort, containerPort: port })
    }
    const keys = Object.keys(the('Secret', 'shop-load').stringData)
    for (const { env = [] } of containers)
      for (const { valueFrom } of env)
        if (valueFrom) {
          expect(valueFrom.secretKeyRef.name).toBe('shop-load')
          expect(keys).toContain(valueFrom.secretKeyRef.key)
        }
    for (const { spec } of workloads) {
      const { volumes = [], containers, restartPolicy, topologySpreadConstraints: spread = [] } = spec.template.spec
      const mounted = containers.flatMap(({ volumeMounts = [] }: Any) => volumeMounts.map(({ name }: Any) => name))
      expect(mounted).toEqual(volumes.map(({ name }: Any) => name))
      for (const { configMap, secret } of volumes)
        expect(configMap ? the('ConfigMap', configMap.name) : the('Secret', secret.secretName)).toBeDefined()
      // Only a Job has these, and has to.
      expect(restartPolicy !== undefined).toBe(spec.selector === undefined)
      for (const { labelSelector } of spread)
        expect(spec.template.metadata.labels).toMatchObject(labelSelector.matchLabels)
    }
  })

  test('has an agent for each user of NATS, each with its own password', () => {
    expect(the('ConfigMap', 'nats').data['nats.conf']).toBe(conf)
    const { spec } = the('Job', 'agents')
    const indexes = Array.from({ length: spec.completions }, (_, index) => `agent-${index}`)
    expect([indexes, spec.parallelism, spec.completionMode]).toEqual([agents, agents.length, 'Indexed'])
    const { command, args, volumeMounts } = container('agent')
    expect(command).toEqual(['sh', '-c'])
    const [exported, run] = args[0].split(/\n(?=exec)/)
    expect(exported).toContain('NATS_USER="agent-$JOB_COMPLETION_INDEX"')
    expect(exported).toContain(`$(cat ${volumeMounts[0].mountPath})`)
    expect(volumeMounts[0].subPathExpr).toBe('agent-$(JOB_COMPLETION_INDEX)')
    const where = { nats: 'nats://nats:4222', 'allow-host': 'shop', threads: '1', once: true }
    expect(commandOf(run.replaceAll('\\\n', ' ').trim().split(/\s+/))).toEqual({ name: '"$NATS_USER"', ...where })
    const env = Object.fromEntries(container('nats').env.map(({ name, valueFrom }: Any) => [name, valueFrom]))
    expect(env).toEqual(
      Object.fromEntries(
        users.map(({ user, variable }) => [variable, { secretKeyRef: { name: 'shop-load', key: user } }]),
      ),
    )
  })
})

describe('nats.conf', () => {
  test('gives the rights that the guide lists', () => {
    const guide = readFileSync(join(root, 'docs/guide/hosts.md'), 'utf8')
    const [, shown = ''] = /```conf\n([\s\S]*?)```/.exec(guide) ?? []
    const rightsOf = (text: string) =>
      [...text.matchAll(/user: "([^"]+)"[^}]*(\{[^}]*\})/g)].map(match => match.slice(1))
    const inGuide = new Map(rightsOf(shown) as [string, string][])
    expect([...inGuide.keys()]).toEqual(['coordinator', 'eu-1'])
    expect(rightsOf(conf)).toEqual([
      ['coordinator', inGuide.get('coordinator')],
      ...agents.map(name => [name, inGuide.get('eu-1')!.replaceAll('eu-1', name)]),
    ])
  })

  test.skipIf(withoutBroker)(`is valid${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
    const env = { PATH: process.env.PATH, ...passwords }
    const { status, stderr } = spawnSync('nats-server', ['-c', join(folder, 'nats.conf'), '-t'], {
      env,
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
  })
})

test('the guide tells of the warning that npm gives of the client, for as long as it does', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'node_modules/@nats-io/nuid/package.json'), 'utf8'))
  const guide = readFileSync(join(root, 'docs/guide/hosts.md'), 'utf8')
  expect([engines.node, guide.includes('EBADENGINE')]).toEqual(['>= 22.x', true])
})

test('what vitest.config.ts reads is set in both, and it waits for as many agents as there are', () => {
  const config = read('vitest.config.ts')
  const [, destructured = ''] = /const \{(.+)\} = process\.env/.exec(config) ?? []
  const variables = [
    ...[...destructured.matchAll(/\b[A-Z_]+\b/g)].map(([name]) => name),
    ...[...config.matchAll(/env: '(\w+)'/g)].map(match => match[1]!),
  ].sort()
  expect(variables).toEqual(['COORDINATOR_PASSWORD', 'DEMO_PASSWORD', 'NATS_URL', 'SHOP_URL'])
  const { environment, command } = compose.services.vitest
  const env = container('vitest').env
  expect(Object.keys(environment).sort()).toEqual(variables)
  expect(env.map(({ name }: Any) => name).sort()).toEqual(variables)
  for (const name of ['NATS_URL', 'SHOP_URL']) expect(env).toContainEqual({ name, value: environment[name] })
  expect(container('vitest').command).toEqual(command)
  expect(config).toContain(`count: ${agents.length}`)
  // The port and the address at which the shop listens, in both.
  expect(compose.services.shop.environment).toEqual({ SHOP_HOST: '0.0.0.0', PORT: '3000' })
  expect(container('shop').env).toEqual([
    { name: 'SHOP_HOST', value: '0.0.0.0' },
    { name: 'PORT', value: '3000' },
  ])
  expect(environment.SHOP_URL).toBe('http://shop:3000')
})

test('a copy of what is packed has all that it imports, or its README names it', () => {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const packed = new Set((JSON.parse(stdout) as Any)[0].files.map(({ path }: Any) => path))
  const copied = [...packed].map(String).filter(path => /^examples\/(hosts|shop)\//.test(path))
  const readme = read('README.md')
  const [, copy = ''] = /^cp -r (.+) \.$/m.exec(readme) ?? []
  expect(copy.split(' ')).toEqual(['hosts', 'shop'].map(name => `node_modules/vitest-arazzo/examples/${name}`))
  const [, installed = ''] = /^npm install --save-dev (.+)$/m.exec(readme) ?? []
  expect(copied).toContain('examples/hosts/run.mjs')
  for (const path of copied.filter(path => /\.[mc]?[jt]s$/.test(path))) {
    const text = readFileSync(join(root, path), 'utf8')
    for (const [, name = ''] of text.matchAll(/\bfrom '([^']+)'/g)) {
      if (name.startsWith('.')) expect(packed, path).toContain(posix.join(posix.dirname(path), name))
      else if (!name.startsWith('node:')) expect(installed.split(' '), path).toContain(name.split('/')[0])
    }
    for (const [, name = ''] of text.matchAll(/'(\.\.?\/[^'#]+\.yaml)#/g))
      expect(packed, path).toContain(posix.join(posix.dirname(path), name))
  }
  // Vitest looks for the nearest one, and reads what it extends.
  for (const path of [...packed].map(String).filter(path => /(^|\/)tsconfig[^/]*\.json$/.test(path))) {
    const { extends: base } = JSON.parse(readFileSync(join(root, path), 'utf8'))
    if (base !== undefined) expect(packed, path).toContain(posix.join(posix.dirname(path), base))
  }
})

test('the image has what npm ci, the build and the commands need, under one name', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY --chown=node:node (.+) \S+$/gm)].flatMap(match =>
    match[1]!.split(' '),
  )
  for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true)
  const packages = readdirSync(join(root, 'examples'))
    .map(name => `examples/${name}/package.json`)
    .filter(path => existsSync(join(root, path)))
  expect(copied).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', ...packages]))
  const images = [...containers, ...Object.values<Any>(compose.services)].map(({ image }) => image)
  expect([...new Set(images)].sort()).toEqual(['nats:2.10-alpine', 'shop-load:1'])
})
