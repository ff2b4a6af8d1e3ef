import picocolors from 'picocolors'

export type Colors = ReturnType<typeof picocolors.createColors>

/** Paints text. Without a wish: as the terminal can, and as `NO_COLOR` and `FORCE_COLOR` ask. */
export const colorsOf = (wish?: boolean): Colors =>
  picocolors.createColors(wish ?? (picocolors.isColorSupported && !isPlain))

const { env, platform, stdout } = process
/** picocolors takes any stream on Windows for a terminal. */
const isPlain = platform === 'win32' && !(stdout.isTTY || env.FORCE_COLOR || env.CI)
