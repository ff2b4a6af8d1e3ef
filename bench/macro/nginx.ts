import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../../plugin/server/address.ts'
import { document, item, list, loggedIn, ordered, plain, token } from './bodies.ts'

/** How many bodies each changing document has; each response is one of them by chance. */
const VARIANTS = 64

export interface Target {
  origin: string
  /** Absent where no certificate could be made; `whyNoTls` says why. */
  tls?: { origin: string; ca: string }
  whyNoTls?: string
  stop(): Promise<void>
}

/**
 * nginx with as many workers as cores, bound to them; its configuration, files and certificate are in a folder that
 * goes with it. It ends with this process.
 */
export async function startNginx(cores: readonly string[]): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-bench-'))
  const [port, tlsPort] = [await freePort(), await freePort()]
  const whyNoTls = makeCertificate(folder)
  writeFileSync(join(folder, 'ten-kilobytes.json'), document(10_000))
  for (let variant = 1; variant <= VARIANTS; variant++) {
    writeFileSync(join(folder, `changing-${variant}.json`), document(10_000, variant))
    writeFileSync(join(folder, `changing-megabyte-${variant}.json`), document(1_000_000, variant))
  }
  writeFileSync(join(folder, 'one-megabyte.json'), document(1_000_000))
  writeFileSync(
    join(folder, 'nginx.conf'),
    configuration(folder, port, whyNoTls === undefined ? tlsPort : undefined, cores.length),
  )
  const log = join(folder, 'error.log')
  const child = spawn('taskset', ['-c', cores.join(','), 'nginx', '-e', log, '-p', folder, '-c', 'nginx.conf'], {
    stdio: 'ignore',
  })
  const remove = () => {
    child.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', remove)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  const origin = `http://127.0.0.1:${port}`
  await untilUp(origin, () => readFileSync(log, 'utf8'))
  return {
    origin,
    ...(whyNoTls === undefined
      ? { tls: { origin: `https://127.0.0.1:${tlsPort}`, ca: readFileSync(join(folder, 'cert.pem'), 'utf8') } }
      : { whyNoTls }),
    async stop() {
      process.off('exit', remove)
      remove()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

async function untilUp(origin: string, log: () => string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await fetch(origin)
      return
    } catch {
      await setTimeout(50)
    }
  }
  throw new Error(`Failed to start nginx: it does not answer at ${origin}. Look at what it logged: ${log()}`)
}

/** Answers with the reason when there is none. */
function makeCertificate(folder: string): string | undefined {
  const { error, status, stderr } = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { encoding: 'utf8' },
  )
  if (error) return 'openssl, which makes the certificate, is not installed'
  return status === 0 ? undefined : `openssl made no certificate: ${stderr.trim()}`
}

/** Connections are kept for as long as a run may take: a generator that reconnects would measure something else. */
function configuration(folder: string, port: number, tlsPort: number | undefined, workers: number): string {
  const variants = Array.from({ length: VARIANTS }, (_, n) =>
    n === VARIANTS - 1 ? `* ${n + 1};` : `${(100 / VARIANTS).toFixed(2)}% ${n + 1};`,
  ).join(' ')
  const only = `if ($http_authorization != "Bearer ${token}") { return 401; }`
  return `
daemon off;
pid ${folder}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes ${workers};
events { worker_connections 8192; }
http {
  access_log off;
  default_type application/json;
  types { }
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  tcp_nodelay on;
  sendfile on;
  open_file_cache max=256;
  client_body_temp_path ${folder}/bodies;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  split_clients $request_id $variant { ${variants} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    ${tlsPort === undefined ? '' : `listen 127.0.0.1:${tlsPort} ssl backlog=4096;`}
    ${tlsPort === undefined ? '' : `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`}
    root ${folder};
    location = / { return 200 '${plain}'; }
    location = /login { return 200 '${loggedIn}'; }
    location = /items { ${only} return 200 '${list}'; }
    location = /items/item-4 { ${only} return 200 '${item}'; }
    location = /orders { return 201 '${ordered}'; }
    location = /ten-kilobytes.json { }
    location = /changing.json { try_files /changing-$variant.json =404; }
    location = /changing-megabyte.json { try_files /changing-megabyte-$variant.json =404; }
    location = /one-megabyte.json { }
    location / { return 404; }
  }
}
`
}
