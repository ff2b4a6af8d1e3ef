import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../plugin/server/address.ts'
import { freshFolder } from './folder.ts'

/** A real server, with user `app` and password `secret`. */
export interface Database extends AsyncDisposable {
  port: number
  /** Port for TLS. */
  tlsPort: number
  /** How many requests it has counted itself, by what it is asked: `get` of Redis, statements of the others. */
  asked(): number
}

/** Tests and benchmarks run in the root of the repository. */
const pem = (name: string) => resolve(`test/http/tls/${name}.pem`)
const isRoot = process.getuid?.() === 0
const programIn = (folders: readonly string[], name: string) =>
  folders.map(folder => join(folder, name)).find(path => existsSync(path))

const PROGRAMS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']
const VERSIONS = '/usr/lib/postgresql'
const newest = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort().at(-1) : undefined
const POSTGRES = programIn([...(newest ? [join(VERSIONS, newest, 'bin')] : []), ...PROGRAMS], 'postgres')
const REDIS = programIn(PROGRAMS, 'redis-server')
const MARIADB = programIn(PROGRAMS, 'mariadbd')

/** Why tests of a server are skipped; undefined if it is installed. */
export const without = {
  postgres: POSTGRES ? undefined : 'postgresql is not installed',
  redis: REDIS ? undefined : 'redis-server is not installed',
  mariadb: MARIADB ? undefined : 'mariadb-server is not installed',
}

export async function startRedis(): Promise<Database> {
  const [port, tlsPort, folder] = [await freePort(), await freePort(), freshFolder('redis')]
  const tls = ['--tls-cert-file', pem('cert'), '--tls-key-file', pem('key'), '--tls-ca-cert-file', pem('cert')]
  const options = ['--save', '', '--requirepass', 'secret', '--tls-auth-clients', 'no', '--dir', folder]
  const child = spawn(REDIS!, [...options, '--port', `${port}`, '--tls-port', `${tlsPort}`, ...tls])
  const cli = join(REDIS!, '../redis-cli')
  const stats = () => execFileSync(cli, ['-p', `${port}`, '-a', 'secret', 'info', 'commandstats'], { stdio: 'pipe' })
  const asked = () => Number(/cmdstat_get:calls=(\d+)/.exec(stats().toString())?.[1] ?? 0)
  return running(child, { port, tlsPort, asked })
}

/** PostgreSQL refuses to run as root. @param folder default: one of the test. */
export async function startPostgres(folder = freshFolder('postgres')): Promise<Database> {
  const port = await freePort()
  const [data, log, bin] = [join(folder, 'data'), join(folder, 'log'), join(POSTGRES!, '..')]
  for (const name of ['cert', 'key']) copyFileSync(pem(name), join(folder, `${name}.pem`))
  const password = join(folder, 'password')
  writeFileSync(password, 'secret')
  if (isRoot) {
    const [uid, gid] = ['-u', '-g'].map(flag => Number(execFileSync('id', [flag, 'postgres']))) as [number, number]
    for (const path of [folder, ...readdirSync(folder).map(name => join(folder, name))]) chownSync(path, uid, gid)
  }
  const tls = `-c ssl=on -c ssl_cert_file=${folder}/cert.pem -c ssl_key_file=${folder}/key.pem`
  const command =
    `chmod 600 ${folder}/key.pem && ${bin}/initdb -D ${data} -U app -A scram-sha-256 --pwfile=${password} >&2 && ` +
    `exec ${bin}/postgres -D ${data} -p ${port} -k ${folder} -c log_statement=all ${tls} 2> ${log}`
  const as = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  const [program = 'sh', ...others] = [...as, 'sh', '-c', command]
  const child = spawn(program, others, { cwd: '/' })
  const asked = () => readFileSync(log, 'utf8').match(/LOG: {2}(?:statement|execute)/g)?.length ?? 0
  return running(child, { port, tlsPort: port, asked }, 'SIGINT')
}

export async function startMariadb(): Promise<Database> {
  const [port, folder] = [await freePort(), freshFolder('mariadb')]
  const [data, log, init] = ['data', 'log', 'init.sql'].map(name => join(folder, name)) as [string, string, string]
  mkdirSync(data)
  writeFileSync(init, "CREATE USER app@'%' IDENTIFIED BY 'secret';\n")
  const user = isRoot ? ['--user=root'] : []
  const install = ['--no-defaults', `--datadir=${data}`, '--skip-test-db', ...user]
  execFileSync('mariadb-install-db', install, { stdio: 'pipe' })
  const tls = [`--ssl-cert=${pem('cert')}`, `--ssl-key=${pem('key')}`]
  const files = [`--datadir=${data}`, `--socket=${folder}/socket`, `--init-file=${init}`, `--general-log-file=${log}`]
  const args = ['--no-defaults', ...files, '--general-log', `--port=${port}`, '--bind-address=127.0.0.1', ...tls]
  const child = spawn(MARIADB!, [...args, ...user])
  const asked = () => readFileSync(log, 'utf8').match(/Query\s+SELECT/g)?.length ?? 0
  return running(child, { port, tlsPort: port, asked })
}

/** Waits until a server listens. */
async function running(
  child: ChildProcess,
  { port, ...others }: Omit<Database, typeof Symbol.asyncDispose>,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<Database> {
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', text => (said += text))
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`It ended: ${said}`)
    await delay(50)
  }
  const stop = async () => {
    if (child.exitCode !== null) return
    const ended = new Promise(resolve => child.once('close', resolve))
    child.kill(signal)
    await ended
  }
  return { port, ...others, [Symbol.asyncDispose]: stop }
}

const isListening = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
