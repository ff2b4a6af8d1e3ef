import type { Command } from './command.ts'
export const trend: Command = { usage: 'trend', text: '', flags: {}, run: async () => 0 }
