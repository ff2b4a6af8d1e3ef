import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { projectFiles } from '../readme.mjs'

const VITEST = 'node_modules/vitest/vitest.mjs'
const CLI = 'node_modules/vitest-arazzo/dist/cli.js'
const REPORTS = '.vitest-arazzo'

/** A path that has both separators. */
const MIXED = /\b[A-Z]:(?:\\[^\s'"()]*\/|\/[^\s'"()]*\\)[^\s'"()]*/i

/**
 * Writes the README's project with line endings of Windows, and runs its suite, its load test and commands.
 * @param {string} root the checkout
 * @param {string} folder where the package is installed
 * @param {Awaited<ReturnType<typeof import('./wine.mjs').prepareWine>>} wine
 * @param {(what: string, faults: string[], output: string) => void} note
 */
export async function checkProject(root, folder, wine, note) {
  const files = new Map(projectFiles(root).map(({ file, text }) => [file, text]))
  const write = (name, text) => writeFileSync(join(folder, name), text.replaceAll('\n', '\r\n'))
  const check = async (what, args, { code = 0, has = [], faults = () => [] }) => {
    const said = await wine.run(args, { cwd: folder })
    const mixed = MIXED.exec(said.output)?.[0]
    const found = [
      ...(said.code === code ? [] : [`exit code ${said.code}, expected ${code}`]),
      ...has.filter(text => !said.output.includes(text)).map(text => `no "${text}" in the output`),
      ...(mixed === undefined ? [] : [`mixed separators: ${mixed}`]),
    ]
    note(what, found.length > 0 ? found : faults(), said.output)
  }

  rmSync(join(folder, REPORTS), { recursive: true, force: true })
  for (const [file, text] of files) write(file, text)
  const document = files.get('pets.arazzo.yaml')
  await check('README: suite', [VITEST, 'run', 'pets.arazzo.yaml'], { has: ['2 passed'] })
  write('pets.arazzo.yaml', document.replace("'available'", "'sold'"))
  await check('README: a failure with its code frame', [VITEST, 'run', 'pets.arazzo.yaml'], {
    code: 1,
    has: [' pets.arazzo.yaml:18:24\n', '       |                        ^\n', ' openapi.yaml:8:5'],
  })
  write('pets.arazzo.yaml', document)

  // Wine cannot read processes: the application is started here, without budgets on its memory. Nor do speeds count.
  const port = await freePort()
  const application = wine.start(['server.mjs'], { cwd: folder, env: { PORT: String(port) } })
  try {
    await untilReady(`http://127.0.0.1:${port}/pets`)
    const running = `servers: 'http://127.0.0.1:${port}' `
    write('vitest.config.mjs', files.get('vitest.config.mjs').replace(/server: \{.*\} (?=\}\))/, running))
    write('pets.load.test.js', lenient(files.get('pets.load.test.js')))
    for (const count of ['first', 'second']) {
      await check(`README: load test, ${count} run`, [VITEST, 'run', 'pets.load.test.js'], {
        has: ['all 3 budgets kept'],
        faults: () => faultsOfReport(folder),
      })
      const own = readdirSync(join(folder, REPORTS)).find(name => name.startsWith('finding')) ?? ''
      cpSync(join(folder, REPORTS, own, 'result.json'), join(folder, `${count}.json`))
    }
    await check('validate', [CLI, 'validate'], {})
    await check('doctor', [CLI, 'doctor'], {})
    await check('results trend', [CLI, 'results', 'trend', REPORTS], { has: ['finding a pet at peak'] })
    await check('results compare', [CLI, 'results', 'compare', '.\\first.json', '.\\second.json'], {})
    write('pets.har', recordingOf(`http://127.0.0.1:${port}/pets`))
    await check('import', [CLI, 'import', 'pets.har', '--output', 'imported'], { has: ['imported\\'] })
    await check('init', [CLI, 'init', 'openapi.yaml', '--output', 'begun'], { has: ['begun\\'] })
  } finally {
    application.child.kill()
  }
}

/** The README's load test with as many iterations as budgets need on any machine, and budgets that it keeps. */
const lenient = text =>
  text
    .replace("rps: 1_000, duration: '5s'", 'vus: 2, iterations: 60')
    .replace(/^ *memory: .*\n/m, '')
    .replaceAll(/'(?:50|25)ms'/g, "'600s'")
    .replace("'0.1%'", "'50%'")

/** What is wrong with the files of the load test. */
function faultsOfReport(folder) {
  const own = readdirSync(join(folder, REPORTS)).find(name => name.startsWith('finding-a-pet-at-peak-'))
  if (own === undefined) return ['no folder of reports']
  const read = name => readFileSync(join(folder, REPORTS, own, name), 'utf8')
  const { file, report } = JSON.parse(read('result.json'))
  return [
    ...(file === 'pets.load.test.js' ? [] : [`result.json names the test ${file}`]),
    ...(report.workflow.file === 'pets.arazzo.yaml' ? [] : [`result.json names the document ${report.workflow.file}`]),
    ...(read('report.html').includes('finding a pet at peak') ? [] : ['report.html does not name the test']),
  ]
}

/** A recording of a browser, with one request. */
function recordingOf(url) {
  const headers = [{ name: 'content-type', value: 'application/json' }]
  const content = { mimeType: 'application/json', text: '[{"id":7}]' }
  const request = { method: 'GET', url, headers: [], queryString: [] }
  const entry = {
    startedDateTime: '2026-01-01T00:00:00Z',
    time: 5,
    request,
    response: { status: 200, headers, content },
  }
  return JSON.stringify({ log: { version: '1.2', entries: [entry] } })
}

function freePort() {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function untilReady(url) {
  for (let tries = 0; tries < 120; tries++) {
    const isUp = await fetch(url).then(
      response => response.ok,
      () => false,
    )
    if (isUp) return
    await setTimeout(500)
  }
  throw new Error(`Failed to start the application under Wine: nothing responds at ${url} after a minute.`)
}
