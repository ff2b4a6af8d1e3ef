import { defineConfig } from 'tsup'
import { forUsers } from './tsup.config.ts'

/** The declarations of a source, which the compiler has written. */
const declarationsOf = (source: string) => `dist/.types/${source.replace(/\.ts$/, '.d.ts')}`

/** The types of what users import, beside what tsup.config.ts builds. */
export default defineConfig({
  entry: Object.fromEntries(Object.entries(forUsers).map(([name, source]) => [name, declarationsOf(source)])),
  format: 'esm',
  dts: { only: true },
  external: ['vitest', 'vite'],
  silent: true,
})
