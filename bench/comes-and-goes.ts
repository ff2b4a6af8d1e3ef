/** A program that is busy for so long, asleep for so long, again and again. */
export const COMES_AND_GOES = `
const rest = () => setTimeout(work, 100 + 600 * Math.random())
function work() { const end = Date.now() + 100 + 600 * Math.random(); while (Date.now() < end); rest() }
work()`
