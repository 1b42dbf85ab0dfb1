'use strict';
// Memories. One that is made here has bytes of its own, which go into a store when an instance imports it first.

const { markAsUntransferable } = require('node:worker_threads');
const { brand } = require('./brand.js');
const { addon, shared } = require('./native.js');
const { LinkError, RuntimeError, lastError } = require('./errors.js');
const { addressValue, defineInterface, dictionary, isObject, required } = require('./webidl.js');
const { amount, kinds, unpack } = require('./store.js');

const memories = brand();
/** Node's own, for shared memories, whose buffers no addon can make. */
const HostMemory = globalThis.WebAssembly.Memory;
const MOST_PAGES = 65_536;
/** Pages that a memory with addresses of 64 bits may grow to where it names no maximum. */
const RESERVED_PAGES = 65_536;

function slot(memory) {
  const found = isObject(memory) ? memories.get(memory) : undefined;
  if (found === undefined) throw new TypeError('this is no WebAssembly.Memory');
  return found;
}

/** The address type of a descriptor: whether it is i64. */
function addressType(descriptor, what) {
  const { address } = descriptor;
  if (address === undefined) return false;
  const name = String(address);
  if (name !== 'i32' && name !== 'i64') throw new TypeError(`${what}: "${name}" is no address type`);
  return name === 'i64';
}

/** `initial`, `maximum` and `minimum` of a descriptor, read in the order of their names. */
function bounds(descriptor, is64, what) {
  const read = (name) => {
    const value = descriptor[name];
    return value === undefined ? undefined : addressValue(value, is64, `${what}: ${name}`);
  };
  const initial = read('initial');
  const maximum = read('maximum');
  const minimum = read('minimum');
  if (initial !== undefined && minimum !== undefined) throw new TypeError(`${what}: initial and minimum mean the same; give one`);
  const least = initial ?? minimum;
  if (least === undefined) throw new TypeError(`${what}: initial is missing`);
  return { least, maximum };
}

class Memory {
  constructor(descriptor) {
    const what = 'WebAssembly.Memory()';
    required(arguments.length, 1, what);
    const from = dictionary(descriptor, `${what}: the descriptor`);
    if (!isObject(descriptor)) throw new TypeError(`${what}: the descriptor must be an object`);
    const is64 = addressType(from, what);
    const { least, maximum } = bounds(from, is64, what);
    const isShared = Boolean(from.shared);
    const most = is64 ? 2 ** 37 : MOST_PAGES;
    if (isShared && maximum === undefined) throw new TypeError(`${what}: a shared memory needs a maximum`);
    if (least > most || (maximum ?? 0) > (is64 ? 2 ** 48 : MOST_PAGES)) throw new RangeError(`${what}: more than ${most} pages`);
    if (maximum !== undefined && maximum < least) throw new RangeError(`${what}: the maximum is below the initial size`);
    const state = { is64, isShared, maximum, store: null, place: null, buffer: null, size: 0, native: null, host: null };
    if (isShared) {
      state.host = new HostMemory({ initial: least, maximum, shared: true });
    } else {
      const ceiling = Math.max(least, Math.min(maximum ?? RESERVED_PAGES, RESERVED_PAGES));
      try {
        state.native = new addon.NativeMemory(shared, least, maximum, ceiling, is64);
      } catch (error) {
        throw new RangeError(`${what}: ${error.message}`);
      }
    }
    memories.set(this, state);
  }

  grow(delta) {
    const state = slot(this);
    required(arguments.length, 1, 'WebAssembly.Memory.grow');
    const pages = addressValue(delta, state.is64, 'WebAssembly.Memory.grow(): delta');
    if (state.host !== null) return state.host.grow(pages);
    const before = state.native.grow(pages);
    if (before < 0) throw new RangeError('WebAssembly.Memory.grow(): the memory cannot grow so far');
    renew(state, true);
    return state.is64 ? BigInt(before) : before;
  }

  get buffer() {
    const state = slot(this);
    if (state.host !== null) return state.host.buffer;
    // Who grows the memory lets go of the buffer; one that a user has taken away has no bytes.
    if (state.buffer !== null && state.buffer.byteLength === state.size) return state.buffer;
    renew(state, false);
    if (state.buffer === null) {
      try {
        state.buffer = state.native.buffer();
        state.size = state.buffer.byteLength;
      } catch (error) {
        throw new RangeError(`WebAssembly.Memory.buffer: ${error.message}`);
      }
      markAsUntransferable(state.buffer);
    }
    return state.buffer;
  }

  type() {
    const state = slot(this);
    const minimum = this.buffer.byteLength / 65_536;
    const maximum = state.maximum === undefined ? {} : { maximum: state.is64 ? BigInt(state.maximum) : state.maximum };
    return { minimum: state.is64 ? BigInt(minimum) : minimum, ...maximum, shared: state.isShared, address: state.is64 ? 'i64' : 'i32' };
  }

  /** Bytes now. */
  get length() {
    const state = slot(this);
    return state.host === null ? state.native.length() : state.host.buffer.byteLength;
  }
  /** Copies `n` bytes from `addr` on; a RangeError where they are not all within the memory. */
  read(addr, n) {
    const state = slot(this);
    const [from, count] = [Number(amount(addr, 'addr')), Number(amount(n, 'n'))];
    const bytes = state.host === null ? state.native.read(from, count) : null;
    if (!bytes) throw outside(from, count, this.length);
    return bytes;
  }
  /** Copies bytes to `addr`; a RangeError where they are not all within the memory, with nothing copied. */
  write(addr, data) {
    const state = slot(this);
    const from = Number(amount(addr, 'addr'));
    if (!ArrayBuffer.isView(data)) throw new TypeError('what is written must be a view, such as a Buffer');
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (state.host !== null || !state.native.write(from, bytes)) throw outside(from, bytes.length, this.length);
  }
}

const outside = (from, count, length) =>
  new RangeError(`bytes ${from} to ${from + count} are not within the ${length} of the memory`);

/** Lets go of a buffer that shows another size than the memory has, or of any. */
function renew(state, always) {
  if (state.buffer === null || state.native === null) return;
  if (always || state.buffer.byteLength !== state.native.length()) {
    addon.detach(state.buffer);
    state.buffer = null;
  }
}

kinds.memory = {
  /** A memory that a guest defines. */
  make(store, place, type) {
    const native = store.native.memory(...unpack(place));
    if (!native) throw lastError(RuntimeError);
    const memory = Object.create(Memory.prototype);
    const { is64 = false, maximum } = type ?? {};
    memories.set(memory, {
      is64, isShared: false, maximum: maximum ?? undefined, store, place, buffer: null, size: 0, native, host: null,
    });
    return memory;
  },
  is: (value) => isObject(value) && memories.has(value),
  store: (memory) => slot(memory).store,
  /** Its place in a store, to which it goes if it is in none. */
  place(memory, store) {
    const state = slot(memory);
    if (state.host !== null) throw new LinkError('a shared memory cannot be imported: the proposal threads is not available here');
    if (state.store === null) {
      const place = store.native.defineMemory(state.native);
      if (place < 0) throw lastError(LinkError);
      Object.assign(state, { store, place });
      store.note('memory', place, memory);
    }
    return state.place;
  },
  refresh: (memory) => renew(slot(memory), false),
};

defineInterface(Memory, 'Memory', ['grow', 'buffer', 'type']);

module.exports = { Memory, addressType, bounds };
