export { default as uPlot } from 'uplot'
export { default as uplotStyle } from 'uplot/dist/uPlot.min.css'
