// Compares the values on standard input, as runtime_values prints them, with
// those of onnxruntime-node for the same network.
// Usage: runtime_values MODEL N SEED | node compare.js MODEL
'use strict'
const runtime = require('onnxruntime-node')
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n')

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array
}

// 1e-5 of the value, and as much of the greatest output.
function isNear (found, expected) {
  const most = Math.max(...expected.map(Math.abs))
  return found.length === expected.length && found.every((y, i) =>
    Math.abs(y - expected[i]) <= 1e-5 * (Math.abs(expected[i]) + most) ||
    y === expected[i] || (Number.isNaN(y) && Number.isNaN(expected[i])))
}

function feed (inputs, x) {
  const feeds = {}
  let first = 0
  for (const [name, type, ...dims] of inputs) {
    const n = dims.reduce((a, b) => a * Number(b), 1)
    const part = x.slice(first, first + n)
    const data = ARRAYS[type].from(type === 'int64' ? part.map(BigInt) : part)
    feeds[name] = new runtime.Tensor(type, data, dims.map(Number))
    first += n
  }
  return feeds
}

async function main () {
  const rows = lines.map(line => line.split(' '))
  const tensors = kind => rows.filter(row => row[0] === kind)
    .map(row => row.slice(1))
  const inputs = tensors('input')
  const outputs = tensors('output').map(row => row[0])
  const session = await runtime.InferenceSession.create(process.argv[2], {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    interOpNumThreads: 1
  })
  const points = tensors('X').map(row => row.map(Number))
  const values = tensors('Y').map(row => row.map(Number))
  for (let t = 0; t < points.length; t++) {
    const result = await session.run(feed(inputs, points[t]))
    const expected = outputs.flatMap(name =>
      Array.from(result[name].data, Number))
    if (!isNear(values[t], expected)) {
      console.log(`point ${t}: ${values[t].slice(0, 8)} instead of ` +
        `${expected.slice(0, 8)}`)
      process.exitCode = 1
    }
  }
}

main()
