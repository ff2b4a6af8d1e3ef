import { expect, test } from 'vitest'
import { loadError } from '../../../plugin/failure/load-error.ts'
import { aReport } from '../../builders/report.ts'

test('why a load did not run is said whole, whatever it begins with and ends with', () => {
  const message = (cause: string) =>
    loadError('buy', aReport({ state: 'not run', cause, errors: [] }), { site: [] })!.message
  expect(message('Failed to fetch')).toBe('Failed to load "buy": Failed to fetch.')
  expect(message('waiting...')).toBe('Failed to load "buy": waiting...')
  expect(message('is it running?')).toBe('Failed to load "buy": is it running?')
})
