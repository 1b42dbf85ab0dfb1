'use strict';
// Internal slots: what belongs to an object and nobody else can see. Faster than a WeakMap, above all for the garbage
// collector, which has to look at an entry of a WeakMap more than once.

class Returned {
  constructor(object) {
    return object;
  }
}

/** A slot that any object may have once; the methods are those of a WeakMap. */
function brand() {
  class Slot extends Returned {
    #value;
    constructor(object, value) {
      super(object);
      this.#value = value;
    }
    static set(object, value) {
      new Slot(object, value);
    }
    static has(object) {
      return ((typeof object === 'object' && object !== null) || typeof object === 'function') && #value in object;
    }
    static get(object) {
      return Slot.has(object) ? object.#value : undefined;
    }
  }
  return { set: Slot.set, has: Slot.has, get: Slot.get };
}

module.exports = { brand };
