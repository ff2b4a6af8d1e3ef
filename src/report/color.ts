import picocolors from 'picocolors'

export type Colors = ReturnType<typeof picocolors.createColors>

/** Paints text. Without a wish: as the terminal can, and as `NO_COLOR` and `FORCE_COLOR` ask. */
export function colorsOf(wish?: boolean): Colors {
  return picocolors.createColors(wish ?? picocolors.isColorSupported)
}
