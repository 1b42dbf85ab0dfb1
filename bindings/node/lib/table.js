'use strict';
// Tables. One that is made here is an array until an instance imports it; then its elements go into a store.

const { brand } = require('./brand.js');
const { LinkError, RuntimeError, lastError } = require('./errors.js');
const { addressType, bounds } = require('./memory.js');
const { addressValue, defineInterface, isObject, required } = require('./webidl.js');
const { functions, kinds, unpack } = require('./store.js');
const { EXTERNREF, FUNCREF, convert, defaultOf, get, isRef, nameOf, put, typeOf } = require('./values.js');

const tables = brand();
/** Elements that a table may have. */
const MOST = 10_000_000;
/** Elements that a table without a maximum can grow to once it is in a store, or twice what it had then. */
const LEAST_RESERVE = 1024;

function slot(table) {
  const found = isObject(table) ? tables.get(table) : undefined;
  if (found === undefined) throw new TypeError('this is no WebAssembly.Table');
  return found;
}

/** An element that is not in a store yet: checked as the store would. */
function checked(value, type) {
  if (type === EXTERNREF) return value;
  if (value === null || functions.has(value)) return value;
  throw new TypeError('an element must be null or an exported WebAssembly function');
}

class Table {
  constructor(descriptor, ...values) {
    const what = 'WebAssembly.Table()';
    required(arguments.length, 1, what);
    if (!isObject(descriptor)) throw new TypeError(`${what}: the descriptor must be an object`);
    const is64 = addressType(descriptor, what);
    const element = typeOf(descriptor.element, `${what}: element`);
    if (!isRef(element)) throw new TypeError(`${what}: a table has elements of a reference type`);
    const { least, maximum } = bounds(descriptor, is64, what);
    if (maximum !== undefined && maximum < least) throw new RangeError(`${what}: the maximum is below the initial size`);
    if (least > MOST) throw new RangeError(`${what}: more than ${MOST} elements`);
    const [value] = values;
    const first = value === undefined ? defaultOf(element) : checked(value, element);
    const elements = new Array(least).fill(first);
    tables.set(this, { element, is64, maximum, elements, store: null, place: null });
  }

  get length() {
    const state = slot(this);
    const length = state.store === null ? state.elements.length : state.store.native.tableLen(...unpack(state.place));
    return state.is64 ? BigInt(length) : length;
  }

  get(index) {
    const state = slot(this);
    required(arguments.length, 1, 'WebAssembly.Table.get');
    const at = addressValue(index, state.is64, 'WebAssembly.Table.get(): index');
    if (state.store === null) {
      if (at >= state.elements.length) throw outside(at, this.length);
      return state.elements[at];
    }
    if (!state.store.native.tableGet(...unpack(state.place), at)) throw outside(at, this.length);
    return get(0, state.element, state.store);
  }

  set(index, ...values) {
    const state = slot(this);
    required(arguments.length, 1, 'WebAssembly.Table.set');
    const at = addressValue(index, state.is64, 'WebAssembly.Table.set(): index');
    const value = checked(values.length === 0 ? defaultOf(state.element) : values[0], state.element);
    if (at >= Number(this.length)) throw outside(at, this.length);
    if (state.store === null) {
      state.elements[at] = value;
      return;
    }
    put(0, convert(value, state.element, state.store), state.element);
    if (!state.store.native.tableSet(...unpack(state.place), at)) throw lastError(TypeError, 'WebAssembly.Table.set(): ');
  }

  grow(delta, ...values) {
    const state = slot(this);
    required(arguments.length, 1, 'WebAssembly.Table.grow');
    const more = addressValue(delta, state.is64, 'WebAssembly.Table.grow(): delta');
    const value = checked(values.length === 0 ? defaultOf(state.element) : values[0], state.element);
    const before = Number(this.length);
    if (before + more > Math.min(state.maximum ?? MOST, MOST)) throw full();
    if (state.store === null) {
      for (let i = 0; i < more; i++) state.elements.push(value);
    } else {
      put(0, convert(value, state.element, state.store), state.element);
      if (state.store.native.tableGrow(...unpack(state.place), more) < 0) throw full();
    }
    return state.is64 ? BigInt(before) : before;
  }

  type() {
    const state = slot(this);
    const maximum = state.maximum === undefined ? {} : { maximum: state.is64 ? BigInt(state.maximum) : state.maximum };
    return { minimum: this.length, ...maximum, element: nameOf(state.element) };
  }
}

const outside = (at, length) => new RangeError(`element ${at} is not within the ${length} of the table`);
const full = () => new RangeError('WebAssembly.Table.grow(): the table cannot grow so far');

kinds.table = {
  /** A table that a guest defines. */
  make(store, place, type) {
    const table = Object.create(Table.prototype);
    const { params = [FUNCREF], is64 = false, maximum } = type ?? {};
    tables.set(table, { element: params[0], is64, maximum: maximum ?? undefined, elements: null, store, place });
    return table;
  },
  is: (value) => isObject(value) && tables.has(value),
  store: (table) => slot(table).store,
  /** A store that the elements suggest: that of the first function. */
  leaning: (table) => functions.get(slot(table).elements?.find((element) => functions.has(element)))?.store,
  /** Its place in a store, to which it goes if it is in none. */
  place(table, store) {
    const state = slot(table);
    if (state.store === null) {
      const { element, elements, maximum, is64 } = state;
      const reserve = Math.min(MOST, Math.max(LEAST_RESERVE, 2 * elements.length));
      const place = store.native.defineTable(element, elements.length, maximum, is64, reserve);
      if (place < 0) throw lastError(LinkError);
      Object.assign(state, { store, place, elements: null });
      store.note('table', place, table);
      const [instance, index] = unpack(place);
      elements.forEach((value, at) => {
        if (value === null) return;
        put(0, convert(value, element, store), element);
        if (!store.native.tableSet(instance, index, at)) throw lastError(RuntimeError);
      });
    }
    return state.place;
  },
};

defineInterface(Table, 'Table', ['length', 'get', 'set', 'grow', 'type']);

module.exports = { Table };
