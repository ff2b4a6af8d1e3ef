import { expect, onTestFinished, test, vi } from 'vitest'
import { REMOVED } from '../../src/cli/flags.ts'
import { commands, main } from '../../src/cli/main.ts'

const removed = Object.entries(REMOVED).flatMap(([command, flags]) =>
  Object.entries(flags).map(([flag, advice]) => [command, flag, advice] as const),
)

test.each(removed)('%s --%s is refused with what to use instead', async (command, flag, advice) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => said.mockRestore())
  expect(await main([...command.split(' '), `--${flag}`, 'x'])).toBe(2)
  expect(said.mock.calls).toEqual([[`Failed to read --${flag}: there is no such flag. ${advice}`]])
})

test('there are 80 flags at most, those of each command counted', async () => {
  const all = await Promise.all(Object.values(commands).map(open => open()))
  const count = all.reduce((sum, { flags }) => sum + Object.keys(flags).length, 0)
  expect(count).toBeGreaterThan(40)
  expect(count).toBeLessThanOrEqual(80)
})
