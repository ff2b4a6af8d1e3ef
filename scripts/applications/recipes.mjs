import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { files } from '../readme.mjs'
import { run } from '../run.mjs'
import { BUDGETS, nativeParts, unit } from './projects.mjs'

/** @typedef {import('./projects.mjs').Project} Project */

const pages = fileURLToPath(new URL('../../docs/recipes/', import.meta.url))

/** The text of the pages, as files by their paths. @param {readonly string[]} names of pages */
const textOf = (...names) =>
  Object.fromEntries(names.flatMap(name => files(join(pages, `${name}.md`))).map(({ file, text }) => [file, text]))

/** A load test, three steps, and a test of its own. */
const TESTS = BUDGETS + 3 + 1

/**
 * The text of a page of docs/recipes with those of its index: what the page says is what runs.
 * @param {string} page
 * @param {Omit<Project, 'name' | 'files' | 'tests'> & { files?: Record<string, string>, isModule?: boolean }} more
 * @returns {Project}
 */
const recipe = (page, { files = {}, isModule = true, ...more }) => ({
  name: `recipe ${page}`,
  tests: TESTS,
  ...more,
  files: {
    'package.json': JSON.stringify({ name: 'notes', private: true, ...(isModule && { type: 'module' }) }),
    ...textOf('README', page),
    ...unit,
    ...files,
  },
})

/**
 * Runs what builds an application; gives back what is missing where it fails.
 * @param {string} command @param {readonly string[]} args @param {Record<string, string>} [env]
 */
const building =
  (command, args, env = {}) =>
  /** @param {string} cwd */
  async cwd => {
    const { code, output } = await run(command, args, { cwd, env, timeout: 900_000 })
    return code === 0 ? undefined : `${command} ${args.join(' ')} failed:\n${output.slice(-2_000)}`
  }

/**
 * @param {string} command @param {readonly string[]} args @param {string} what brings it
 * @param {(folder: string) => Promise<string | undefined>} [then]
 */
const needs = (command, args, what, then) => /** @param {string} folder */ async folder => {
  const found = await run(command, args).catch(() => undefined)
  return found?.code === 0 ? then?.(folder) : `${command} ${args.join(' ')} does not run: ${what} brings it`
}

const server = { file: 'server.mjs', from: 'const notes', to: '// By their ids.\nconst notes' }

const express = recipe('express', { packages: ['express@5'], change: server })
const fastify = recipe('fastify', { packages: ['fastify@5'], change: server })

const nest = recipe('nest', {
  packages: [
    ...['core', 'common', 'platform-express'].map(name => `@nestjs/${name}@11`),
    ...['reflect-metadata@0.2', 'rxjs@7', 'typescript@5', '@types/node@22'],
  ],
  isModule: false,
  // As `nest new` writes it.
  files: {
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        moduleResolution: 'nodenext',
        resolvePackageJsonExports: true,
        esModuleInterop: true,
        isolatedModules: true,
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
        target: 'ES2023',
        outDir: './dist',
        rootDir: './src',
        skipLibCheck: true,
        strictNullChecks: true,
      },
      include: ['src/main.ts'],
    }),
  },
  prepare: building('npx', ['tsc']),
  change: { file: 'dist/main.js', from: 'const token', to: '/* Changed. */ const token' },
})

const next = recipe('next', {
  packages: ['next@15', 'react@19', 'react-dom@19'],
  prepare: building('npx', ['next', 'build'], { NEXT_TELEMETRY_DISABLED: '1' }),
  change: { file: 'store.js', from: 'export const status', to: '// Nothing else.\nexport const status' },
})

/** @type {Project} */
const directus = {
  name: 'recipe directus',
  // The last one for Node 20. Its native parts are built here.
  packages: ['directus@10.13', 'sqlite3@5'],
  env: nativeParts,
  prepare: building('npx', ['directus', 'bootstrap'], { DB_FILENAME: 'seed.db', TELEMETRY: 'false' }),
  files: {
    'package.json': JSON.stringify({ name: 'cms', private: true, type: 'module' }),
    'extensions/note.txt': 'first',
    ...textOf('directus'),
    ...unit,
  },
  tests: 3 + 4 + 1,
  change: { file: 'extensions/note.txt', from: 'first', to: 'second' },
}

const fastapi = recipe('fastapi', {
  packages: [],
  prepare: needs(
    'python3',
    ['-c', 'import fastapi, uvicorn'],
    'pip install fastapi uvicorn, or apt-get install python3-fastapi python3-uvicorn for /usr/bin/python3,',
  ),
  change: { file: 'main.py', from: 'notes = {}', to: 'notes = {}  # by their ids' },
})

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.5.0</version>
  </parent>
  <groupId>notes</groupId>
  <artifactId>notes</artifactId>
  <version>1</version>
  <properties><java.version>17</java.version></properties>
  <dependencies>
    <dependency>
      <groupId>org.springframework.boot</groupId>
      <artifactId>spring-boot-starter-web</artifactId>
    </dependency>
  </dependencies>
  <build>
    <finalName>notes</finalName>
    <plugins>
      <plugin>
        <groupId>org.springframework.boot</groupId>
        <artifactId>spring-boot-maven-plugin</artifactId>
      </plugin>
    </plugins>
  </build>
</project>
`

const springBoot = recipe('spring-boot', {
  packages: [],
  files: { 'pom.xml': pom },
  prepare: needs('mvn', ['-v'], 'apt-get install maven', building('mvn', ['-q', '-B', 'package'])),
  change: {
    file: 'src/main/java/notes/NotesApplication.java',
    from: 'public class',
    to: '// The notes.\npublic class',
  },
})

const go = recipe('go', {
  packages: [],
  files: { 'go.mod': 'module notes\n\ngo 1.24\n' },
  prepare: needs('go', ['version'], 'apt-get install golang-go, or go.dev,', building('go', ['vet', '.'])),
  change: { file: 'main.go', from: 'var notes', to: '// By their ids.\nvar notes' },
})

/** @type {readonly Project[]} */
export const recipes = [express, fastify, nest, next, directus, fastapi, springBoot, go]
