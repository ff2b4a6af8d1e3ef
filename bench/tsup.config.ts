import { defineConfig } from 'tsup'

/** Node 20 runs no TypeScript: the benchmarks are bundled into bench/out, against the built package. */
export default defineConfig({
  entry: [
    'bench/targets.ts',
    'bench/overhead.ts',
    'bench/many-documents.ts',
    'bench/starved.ts',
    'bench/pacing.ts',
    'bench/accuracy.ts',
    'bench/soak.ts',
    'bench/known-server.ts',
    'bench/target-server.ts',
    'bench/bare-dispatch.compare.ts',
  ],
  outDir: 'bench/out',
  format: 'esm',
  target: 'node20',
  external: ['vitest-arazzo/engine', 'undici'],
  splitting: false,
  clean: true,
  dts: false,
})
