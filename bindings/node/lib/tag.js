'use strict';
// Tags and exceptions. A tag has no state, so that each store has a place for it; an exception is an object of
// JavaScript's, which is made anew in the guest's world when it is thrown there.

const { brand } = require('./brand.js');
const { LinkError, lastError } = require('./errors.js');
const { defineInterface, isObject, required, unsignedLong } = require('./webidl.js');
const { functions, kinds, unpack } = require('./store.js');
const { EXTERNREF, convert, isHidden, isRef, nameOf, typeOf } = require('./values.js');

const tags = brand();
const exceptions = brand();

function slot(tag) {
  const found = isObject(tag) ? tags.get(tag) : undefined;
  if (found === undefined) throw new TypeError('the argument is no WebAssembly.Tag');
  return found;
}
function thrown(exception) {
  const found = isObject(exception) ? exceptions.get(exception) : undefined;
  if (found === undefined) throw new TypeError('this is no WebAssembly.Exception');
  return found;
}

/** A sequence of Web IDL: anything iterable that is an object. */
function sequence(value, what) {
  if (!isObject(value) || typeof value[Symbol.iterator] !== 'function') throw new TypeError(`${what} must be a list`);
  return [...value];
}

class Tag {
  constructor(descriptor) {
    const what = 'WebAssembly.Tag()';
    required(arguments.length, 1, what);
    if (!isObject(descriptor)) throw new TypeError(`${what}: the descriptor must be an object`);
    const params = sequence(descriptor.parameters, `${what}: parameters`).map((name) => typeOf(name, `${what}: parameter`));
    tags.set(this, { params });
  }
  type() {
    return { parameters: slot(this).params.map(nameOf) };
  }
}

/** A value as an exception carries it. */
function carried(value, type) {
  if (isHidden(type)) throw new TypeError(`JavaScript cannot make a value of type ${nameOf(type)}`);
  if (!isRef(type)) return convert(value, type, null);
  if (type === EXTERNREF || value === null || functions.has(value)) return value;
  throw new TypeError('the value must be null or an exported WebAssembly function');
}

class Exception {
  constructor(tag, ...rest) {
    const what = 'WebAssembly.Exception()';
    const [payload, options] = rest;
    required(arguments.length, 1, what);
    const { params } = slot(tag);
    if (tag === jsTag) throw new TypeError(`${what}: WebAssembly.JSTag is for what JavaScript throws itself`);
    const values = payload === undefined ? [] : sequence(payload, `${what}: the payload`);
    if (values.length !== params.length) throw new TypeError(`${what}: the tag has ${params.length} values, ${values.length} given`);
    const traced = isObject(options) && Boolean(options.traceStack);
    exceptions.set(this, { tag, payload: values.map((value, i) => carried(value, params[i])) });
    if (traced) Error.captureStackTrace(this, new.target);
    else Object.defineProperty(this, 'stack', { value: undefined, writable: true, configurable: true });
  }

  is(tag) {
    const { tag: own } = thrown(this);
    required(arguments.length, 1, 'WebAssembly.Exception.is');
    slot(tag);
    return own === tag;
  }

  getArg(tag, index) {
    const { tag: own, payload } = thrown(this);
    required(arguments.length, 2, 'WebAssembly.Exception.getArg');
    slot(tag);
    if (own !== tag) throw new TypeError('WebAssembly.Exception.getArg(): the exception has another tag');
    const at = inRange(index);
    if (payload === null) throw new TypeError('WebAssembly.Exception.getArg(): the values cannot pass to JavaScript');
    if (at >= payload.length) throw new RangeError(`WebAssembly.Exception.getArg(): there are ${payload.length} values`);
    return payload[at];
  }
}

/** An index that is out of its type's range is out of the payload's too. */
function inRange(index) {
  const n = +index;
  if (!Number.isFinite(n)) throw new RangeError('WebAssembly.Exception.getArg(): the index must be a finite number');
  try {
    return unsignedLong(n, 'index');
  } catch {
    throw new RangeError(`WebAssembly.Exception.getArg(): there is no value ${n}`);
  }
}

const jsTag = Object.create(Tag.prototype);
tags.set(jsTag, { params: [EXTERNREF] });

/** An exception that a guest has thrown. */
function made(tag, payload) {
  const exception = Object.create(Exception.prototype);
  exceptions.set(exception, { tag, payload });
  return exception;
}

kinds.tag = {
  jsTag,
  /** A tag that a guest defines. */
  make(store, place) {
    const tag = Object.create(Tag.prototype);
    tags.set(tag, { params: store.native.tagType(...unpack(place)) });
    (store.tagPlaces ??= new Map()).set(tag, place);
    return tag;
  },
  is: (value) => isObject(value) && tags.has(value),
  params: (tag) => slot(tag).params,
  /** Its place in a store, to which it goes if it is not there. */
  place(tag, store) {
    let place = store.tagPlaces?.get(tag);
    if (place === undefined) {
      place = store.native.defineTag(slot(tag).params);
      if (place < 0) throw lastError(LinkError);
      (store.tagPlaces ??= new Map()).set(tag, place);
      store.note('tag', place, tag);
    }
    return place;
  },
  /** What an exception consists of; null for any other value. */
  exception: (value) => (isObject(value) && exceptions.get(value)) || null,
  of: made,
  /** One whose values JavaScript cannot have. */
  opaque: (tag) => made(tag, null),
};

defineInterface(Tag, 'Tag', ['type']);
defineInterface(Exception, 'Exception', ['is', 'getArg']);

module.exports = { Exception, Tag, jsTag };
