/*
 * Vitest's setup file, run in the worker before each test file is imported. Vite runs it, and asks the process that
 * runs Vitest about each module that it imports, one after another: this imports a single one.
 */
const { setUp } = await import('./set-up.ts')
// Only this module is run by Vite, so only it can import TypeScript.
await setUp(path => import(/* @vite-ignore */ path))

export {}
