import { defineConfig } from 'tsup'

/** Node 20 runs no TypeScript: the benchmarks are bundled into bench/out, against the built package. */
export default defineConfig({
  entry: {
    targets: 'bench/targets.ts',
    overhead: 'bench/overhead.ts',
    'many-documents': 'bench/many-documents.ts',
    starved: 'bench/starved.ts',
    pacing: 'bench/pacing.ts',
    accuracy: 'bench/accuracy.ts',
    soak: 'bench/soak.ts',
    'known-server': 'bench/known-server.ts',
    'target-server': 'bench/target-server.ts',
    steady: 'bench/steady.ts',
    large: 'bench/large.ts',
    'large-server': 'bench/large-server.ts',
    'many-vus': 'bench/many-vus.ts',
    'bare-dispatch.compare': 'bench/bare-dispatch.compare.ts',
    macro: 'bench/macro/main.ts',
    generator: 'bench/macro/generator.ts',
    reader: 'bench/reader.ts',
    engine: 'bench/engine.ts',
    profile: 'bench/profile/main.ts',
  },
  outDir: 'bench/out',
  format: 'esm',
  target: 'node20',
  external: ['vitest-arazzo/engine', 'undici', 'autocannon'],
  splitting: false,
  clean: true,
  dts: false,
})
