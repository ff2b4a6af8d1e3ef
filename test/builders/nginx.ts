import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../plugin/server/address.ts'

const PROGRAM = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'].find(path => existsSync(path))

/** Why tests of it are skipped; undefined where it is installed. */
export const withoutNginx: string | undefined = PROGRAM ? undefined : 'nginx is not installed'

export interface Nginx extends AsyncDisposable {
  /** Addresses of its servers, by their names. */
  origins: Record<string, string>
}

/**
 * Starts nginx with servers, each by its name, whether it has TLS (with the certificate of test/http/tls), and the rest
 * of its configuration.
 */
export async function startNginx(servers: Record<string, { tls: boolean; conf: string }>): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-nginx-'))
  const pem = (name: string) => new URL(`../http/tls/${name}.pem`, import.meta.url).pathname
  const origins: Record<string, string> = {}
  const blocks: string[] = []
  for (const [name, { tls, conf }] of Object.entries(servers)) {
    const port = await freePort()
    origins[name] = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
    blocks.push(`server { listen 127.0.0.1:${port}${tls ? ' ssl' : ''}; ${conf} }`)
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${folder}/${name};`,
  )
  const configuration = `
daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off; ${temporary.join(' ')}
  ssl_certificate ${pem('cert')}; ssl_certificate_key ${pem('key')};
  ${blocks.join('\n  ')}
}`
  writeFileSync(join(folder, 'nginx.conf'), configuration)
  const child = spawn(PROGRAM!, ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')])
  let said = ''
  child.stderr.on('data', text => {
    said += text
  })
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise(resolve => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  for (const origin of Object.values(origins)) {
    const until = Date.now() + 60_000
    while (!(await isListening(Number(new URL(origin).port)))) {
      if (child.exitCode === null && Date.now() < until) await delay(20)
      else {
        await stop()
        throw new Error(`nginx does not run: ${said}`)
      }
    }
  }
  return { origins, [Symbol.asyncDispose]: stop }
}

function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const settle = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}

/** Configuration of an nginx that becomes a daemon, with `PORT` for where it listens. */
export const daemonConfiguration = (): string => `
pid nginx.pid; error_log stderr crit; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${name};`).join(' ')}
  server { listen 127.0.0.1:PORT; location / { return 200 '{}'; } }
}`
