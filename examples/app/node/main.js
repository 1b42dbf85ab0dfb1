'use strict';
// The small application in Node: a control function runs as a guest, with memory and fuel that are granted call by call.
// Signals come from a CSV file; bad modules are told from good ones.
//
//   node main.js [DIRECTORY OF THE GUESTS [CSV FILE]]

const fs = require('node:fs');
const path = require('node:path');
const wrt = require('wrt');

const TICK_FUEL = 200;
const TRIAL_FUEL = 10_000;
// In fac.wasm, the i64.mul of fac; made an i32.mul, its operands have the wrong type.
const [FAC_MUL, I32_MUL] = [95, 0x6c];

const root = path.join(__dirname, '..', '..');
const [guests = path.join(root, 'guests', 'wasm'), csv = path.join(root, 'app', 'signals.csv')] = process.argv.slice(2);
const read = (name) => fs.readFileSync(path.join(guests, name));

/** A line of 41 columns with the output between -10 and 10. */
function plot(output) {
  const columns = [...'....................|....................'];
  columns[Math.floor(Math.min(Math.max(output, -10), 10) * 2 + 0.5) + 20] = '#';
  return `|${columns.join('')}|`;
}

const signed = (n) => (n < 0 || Object.is(n, -0) ? '' : '+') + n.toFixed(3);

/** Runs the controller over the signals; what the ticks came to. */
function control() {
  const plant = { measured: 0, output: 0, reports: 0 };
  const module = new wrt.Module(read('control.wasm'));
  const { plan } = module;
  console.log(`plan: module ${plan.module}, instance ${plan.instance}, memory ${plan.memoryMin}, stack ${plan.stackMin}`);

  const controller = new wrt.Instance(module, { env: {
    sense: () => plant.measured,
    actuate: (_channel, value) => (plant.output = value),
    report: () => plant.reports++,
  } }, { fuel: TICK_FUEL, stack: 4096, memory: 65_536 });
  const { aim, configure, tick } = controller.exports;
  configure(1.5, 4.0, 0.004, 10.0);

  const rows = fs.readFileSync(csv, 'utf8').trim().split('\n').slice(1).map((row) => row.split(',').map(Number));
  let [settled, fuel] = [0, 0n];
  for (const [time, target, measured] of rows) {
    plant.measured = measured;
    aim(target);
    const output = tick();
    const { fuelUsed } = controller.usage;
    console.log(`${time.toFixed(2)}  ${signed(plant.output)}  ${fuelUsed}  ${plot(output)}`);
    fuel += fuelUsed;
    if (Math.abs(target - measured) < 0.05) settled++;
  }
  return `settled ${settled} of ${rows.length} rows, ${fuel} fuel, state ${controller.stateHash.toString(16).padStart(16, '0')}`;
}

/** Does what must fail, and says how. */
function survive(doing, tell) {
  try {
    doing();
    console.log('nothing went wrong');
  } catch (error) {
    console.log(tell(error));
  }
}

const end = control();

survive(() => {
  const bytes = read('control.wasm');
  return new wrt.Module(bytes.subarray(0, bytes.length >> 1));
}, (error) => `cut off: ${error.reason} at byte ${error.offset}`);

survive(() => {
  const bytes = read('fac.wasm');
  bytes[FAC_MUL] = I32_MUL;
  return new wrt.Module(bytes);
}, (error) => `damaged: ${error.reason} at byte ${error.offset}`);

// trap.wasm does what its parameter says: 9 never returns, 0 executes unreachable.
const trap = new wrt.Instance(new wrt.Module(read('trap.wasm')), {}, { fuel: TRIAL_FUEL });
survive(() => trap.exports.run(9), (error) => `endless: out of fuel after ${error.task.usage.fuelUsed}`);
survive(() => trap.exports.run(0), (error) => `trap: ${error.reason} in function ${error.frames[0].name}`);

console.log(end);
