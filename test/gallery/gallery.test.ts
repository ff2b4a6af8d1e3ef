import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listen } from '../builders/listen.ts'
import { serve } from '../builders/server.ts'
import { copySuite, failuresIn, runSuite } from '../plugin/suites/run-suite.ts'
import { cases } from './cases.ts'

/*
 * Makes docs/reference/messages-gallery.md: every failure as Vitest prints it, of workflows and loads that were run against servers
 * with faults. `npm run gallery` writes it; else it has to be what is printed now.
 */

test('the gallery shows what is printed', async () => {
  const { failures, junit } = await runGallery()
  expect(new Set(failures.map(({ of }) => of)).size).toBe(failures.length)
  expect(failures.map(({ of }) => of).sort()).toEqual(cases.map(({ of }) => of).sort())
  await expect(page(failures)).toMatchFileSnapshot('../../docs/reference/messages-gallery.md')

  // Requests are evidence: JUnit has them in the text of a failure, and not in its message.
  const [, message, text] = /<failure message="(Expected errorRate[^"]*)"[^>]*>([\s\S]*?)<\/failure>/.exec(junit) ?? []
  expect(message).toContain('2 attempts at list')
  expect(message).not.toContain('thread 1')
  expect(text).toContain('thread 1: GET http://127.0.0.1')
})

interface Failure {
  /** `shop.arazzo.yaml > a-redirect, CriterionError`: file, suite and class. */
  of: string
  text: string
}

async function runGallery(): Promise<{ failures: Failure[]; junit: string }> {
  const elsewhere = await serve(() => ({ status: 503, body: { error: 'out of order' } }))
  const env = { GALLERY_ELSEWHERE: elsewhere.origin, GALLERY_SECURE: await serveTls() }
  const folder = await copySuite('gallery')
  const { printed } = await runSuite(folder, ['--reporter', 'junit', '--outputFile.junit', 'junit.xml'], env)
  const junit = readFileSync(join(folder, 'junit.xml'), 'utf8')
  const failures = failuresIn(printed)
    .split(/^⎯+\[\d+\/\d+\]⎯$/m)
    .map(part => part.slice(Math.max(0, part.search(/^ FAIL /m))).trim())
    .filter(part => part.startsWith('FAIL '))
    .map(text => ({ of: nameOf(text), text: withoutFigures(text) }))
  return { failures, junit }
}

/** Of a test the suite, of a file that could not be read its name. */
function nameOf(text: string): string {
  const [head = '', error = ''] = text.split('\n')
  const [file, suite] = head.replace(/^FAIL +/, '').split(/ > | \[ /)
  return `${file}${suite?.endsWith(' ]') ? '' : ` > ${suite}`}, ${error.split(':')[0]}`
}

/**
 * Without what is another each time: ports, figures of time and what is made of them, and footnotes on doubts, which a
 * quiet machine has none of.
 */
const withoutFigures = (text: string) =>
  text
    .replaceAll(/(?<=127\.0\.0\.1:)\d{2,}/g, '3000')
    .replaceAll(/\d[\d.,]* m?s(?= {2}|, (?:sent|thread)| \()|(?<=sent at )[\d.,]+ m?s/g, '… ms')
    .replaceAll(/[\d.]+ times(?= the bound)/g, '… times')
    .replaceAll(/^ {2}Without .*\n/gm, '')
    .replaceAll(/[ \t]+$/gm, '')

async function serveTls(): Promise<string> {
  const read = (name: string) => readFileSync(join(import.meta.dirname, '../http/tls', name))
  const server = createServer({ key: read('key.pem'), cert: read('cert.pem') }, (_, response) => response.end())
  return listen(server, 'https')
}

function page(failures: readonly Failure[]): string {
  const sections = cases.map(({ of, title, says }) => {
    const text = failures.find(failure => failure.of === of)!.text
    return `## ${title}\n\n${says}\n\n\`\`\`\n${text}\n\`\`\`\n`
  })
  return `${head}\n${sections.join('\n')}`
}

const head = `# Failures and their messages

Vitest printed each of these for the project in fixtures/suites/gallery, whose server has a fault for each.
\`npm run gallery\` writes this page, and a test compares it with the current output. Ports and times are removed.
`
