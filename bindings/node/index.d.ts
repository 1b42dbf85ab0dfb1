/**
 * wrt for Node: the WebAssembly namespace on an engine that counts every instruction and byte.
 *
 * `require('wrt')` has the shape of `globalThis.WebAssembly`, and beside it budgets, tasks, snapshots and WASI. Sizes are
 * in bytes, fuel in WebAssembly operators. Everything belongs to the thread that made it; each worker requires the
 * package for itself. Calls block the thread, {@link Instance.callAsync} and promises of modules excepted.
 *
 * This file is written by hand; a test compiles a sample against it.
 *
 * @packageDocumentation
 */

/** A value as it passes between JavaScript and a guest: a `BigInt` for i64, any value for an externref. */
export type Value = any;
/** An amount of bytes or of fuel: an integer from 0 to 2^64 - 1. */
export type Amount = number | bigint;
/** The bytes of a module; they are copied. */
export type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/** What a module needs, exactly. */
export interface Plan {
  /** In the module's arena during the load beyond `module`; given back. */
  readonly loadScratch: bigint;
  /** Taken by the loaded module. */
  readonly module: bigint;
  /** Taken by each instance, tables at their ceilings included. */
  readonly instance: bigint;
  /** The part of `instance` that table elements take. */
  readonly tableMax: bigint;
  /** Least stack for the deepest chain of calls; 0 when calls recurse, so that no bound exists. */
  readonly stackMin: bigint;
  /** Linear memories at their minimum. */
  readonly memoryMin: bigint;
  /** Linear memories at their declared maximum; 0 when one declares none. */
  readonly memoryMax: bigint;
  /** Least heap for types, tags and the objects that the module starts with; 0 when it needs none. */
  readonly heapMin: bigint;
}

/** What a call has used. */
export interface Usage {
  /** WebAssembly operators executed, elements of bulk operators included. */
  readonly fuelUsed: bigint;
  /** Most calls active at once. */
  readonly callDepthPeak: number;
  /** Most bytes of the stack in use at once. */
  readonly stackPeak: bigint;
  /** Bytes of the instance's linear memories now. */
  readonly memoryBytes: bigint;
}

/** One active call. */
export interface Frame {
  /** The function's name, where the module has it. */
  readonly name?: string;
  /** Number of the instance in its store. */
  readonly instance: number;
  /** Index of the function, imports first. */
  readonly func: number;
  /** Bytes from the start of the function's body. */
  readonly funcOffset: number;
  /** Bytes from the start of the module. */
  readonly offset: number;
}

/** What the engine knows of an error. */
export interface Facts {
  /** The kind of what happened, as the C header names it: `WRT_E_TRAP`. */
  status?: string;
  /** Why, as the C header names it: `WRT_TRAP_UNREACHABLE`. */
  reason?: string;
  /** Where in the module, in bytes; 0 where there is no place. */
  offset?: number;
  /** Index of the function, or null. */
  func?: number | null;
  /** Bytes that would have sufficed; 0 where that says nothing. */
  need?: number;
  /** Depends on the reason. */
  detail?: bigint;
  /** The calls that were active, innermost first, at most 64. */
  frames?: Frame[];
}

/** A module was refused: malformed, invalid, or beyond the load budget. */
export class CompileError extends Error implements Facts {
  constructor(message?: string);
  status?: string;
  reason?: string;
  offset?: number;
  func?: number | null;
  need?: number;
  detail?: bigint;
  frames?: Frame[];
}
/** An import is missing or has another type, or an instance does not fit what it may have. */
export class LinkError extends Error implements Facts {
  constructor(message?: string);
  status?: string;
  reason?: string;
  offset?: number;
  func?: number | null;
  need?: number;
  detail?: bigint;
  frames?: Frame[];
}
/** A call went wrong. */
export class RuntimeError extends Error implements Facts {
  constructor(message?: string);
  status?: string;
  reason?: string;
  offset?: number;
  func?: number | null;
  need?: number;
  detail?: bigint;
  frames?: Frame[];
}
/** The guest did what it may not. */
export class Trap extends RuntimeError {}
/** The budget is spent, or the task was interrupted. */
export class OutOfFuel extends RuntimeError {
  /** Goes on where the call stopped. */
  task: Task;
}
/** The guest ended itself. */
export class Exit extends RuntimeError {
  /** Its exit code. */
  code: number;
}

/** Kinds of imports and exports. */
export type Kind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/** An export of a module. */
export interface ExportDescriptor {
  name: string;
  kind: Kind;
}
/** An import of a module. */
export interface ImportDescriptor {
  module: string;
  name: string;
  kind: Kind;
}
/** A type in letters: "(iI)f" for i32 and i64 to f32; v, r and R are v128, funcref and externref. */
export interface Signature {
  signature: string;
}

/** How a module is loaded. */
export interface ModuleOptions {
  /**
   * Proposals beyond WebAssembly 3.0, by the names of their repositories: `legacy-exceptions` (on where this is left out),
   * `threads`, `custom-page-sizes`, `wide-arithmetic`, `branch-hinting`.
   */
  proposals?: Iterable<string>;
  /** Elements that a table without a maximum can grow to; 0 for none beyond its minimum. They count in the plan. */
  tableReserve?: number;
}

/** A loaded module: immutable. */
export class Module {
  /** @throws {@link CompileError} where the module is refused; its `offset` says where. */
  constructor(bytes: Bytes, options?: ModuleOptions);
  static exports(module: Module): ExportDescriptor[];
  static imports(module: Module): ImportDescriptor[];
  static customSections(module: Module, sectionName: string): ArrayBuffer[];
  /** What a module needs. */
  static plan(module: Module): Plan;
  /** What the module needs. */
  readonly plan: Plan;
  /** The bytes that it was made of. */
  readonly wasm: Buffer;
  readonly imports: (ImportDescriptor & Signature)[];
  readonly exports: (ExportDescriptor & Signature)[];
}

/** What may be imported. */
export type ImportValue = ((...args: any[]) => any) | Global | Memory | Table | Tag | Suspending | Value;
/** Imports by module and name. */
export type Imports = Record<string, Record<string, ImportValue>>;
/** What an instance exports: exported functions and objects. */
export type Exports = Record<string, any>;

/** How much of everything a store gives. They count when the store is made; an instance that joins one has that one's. */
export interface StoreOptions {
  /** Bytes for the frames of each call under way; 16 MiB where left out. Only pages that are used take memory. */
  stack?: Amount;
  /** Bytes to which the memories of one instance may grow, in sum. */
  memory?: Amount;
  /** Bytes of the region for exceptions, structures and arrays; 64 MiB where left out. */
  heap?: Amount;
  /**
   * Memory in which everything of the store lies. It is not to be detached or transferred, and its contents are the
   * engine's; stack, memory and heap must fit it.
   */
  arena?: ArrayBuffer | SharedArrayBuffer | ArrayBufferView;
}

/** A store: what is to share memories, tables and changing globals lies in one, and is released together. */
export class Store {
  constructor(options?: StoreOptions);
  /** Bytes of the arena that are taken; 0 without one. */
  readonly arenaTaken: number;
}

/** How an instance is made. */
export interface InstanceOptions extends StoreOptions {
  /** Fuel of each call from outside that names none; unlimited where left out. */
  fuel?: Amount;
  /** Calls that may be active at once; 100,000 where left out. */
  maxDepth?: number;
  /** The store to lie in; else that of what is imported, or one of its own. */
  store?: Store;
  /** `false` leaves the start function to the first call, and its fuel. */
  start?: boolean;
}

/** Fuel for one call. */
export interface CallOptions {
  fuel?: Amount;
}
/** Fuel for one call, and how often others get to run. */
export interface AsyncCallOptions extends CallOptions {
  /** Fuel after which the event loop turns. */
  slice?: Amount;
}

/** An instance. */
export class Instance {
  /** Links, makes the instance and runs its start function. @throws {@link LinkError}, {@link RuntimeError}, `TypeError`. */
  constructor(module: Module, imports?: Imports, options?: InstanceOptions);
  /** An instance that goes on where a snapshot was taken; see {@link Instance.stopped}. */
  static restore(module: Module, snapshot: Snapshot, imports?: Imports, options?: InstanceOptions): Instance;
  readonly exports: Exports;
  readonly module: Module;
  /** The first memory, exported or not. */
  readonly memory: Memory | null;
  /** What the last call has used. */
  readonly usage: Usage;
  /** A hash of globals, tables and memories: equal states, equal hashes, on every target. */
  readonly stateHash: bigint;
  /** The call that a spent budget or a snapshot has left. */
  readonly stopped: Task | null;
  /**
   * Calls an export with exact values: integers that do not fit are refused, a v128 is a `BigInt`.
   * @throws {@link OutOfFuel}, {@link Trap}, {@link Exit}; what an imported function throws; {@link Exception}.
   */
  call(name: string, args?: readonly Value[], options?: CallOptions): Value;
  /** Continues a call that ran out of fuel, with as much more. */
  resume(options?: CallOptions): Value;
  /** Calls an export; waits where imports return promises. */
  callAsync(name: string, args?: readonly Value[], options?: AsyncCallOptions): Promise<Value>;
  /** A task that is ready to call an export. */
  task(name: string, ...args: Value[]): Task;
  /** State of the instance, which is linked to no other, and of a stopped task of it. */
  snapshot(task?: Task): Snapshot;
}

/** What a task is. */
export type TaskState = 'ready' | 'running' | 'done' | 'fuel' | 'pending' | 'interrupted' | 'failed';

/** A host call that waits. */
export interface PendingCall {
  module: string;
  name: string;
  args: Value[];
  /** What the host function returned; null where that was {@link PENDING}. */
  promise: PromiseLike<Value> | null;
}

/** A call that can stop, wait and go on. Made by {@link Instance.task}. */
export class Task {
  private constructor();
  readonly state: TaskState;
  /** The result of a call that is done. */
  readonly result: Value;
  /** Bits of the results, the value in the lowest; NaNs as the guest has them. */
  readonly bits: bigint[];
  readonly pending: PendingCall | null;
  readonly frames: Frame[];
  readonly usage: Usage;
  /** Where it stopped, and why. */
  readonly stop: RuntimeError | null;
  /** Runs on with so much more fuel; throws what the guest traps with or throws. Blocks. */
  run(options?: CallOptions): TaskState;
  /** Answers the call that it waits for. */
  complete(value?: Value): void;
  /** Answers the call that it waits for as one that threw. */
  fail(error: unknown): void;
  /** Asks it to stop when it runs next, or from within a host function. */
  interrupt(): void;
}

/** What a host function returns in a task to leave its call waiting; {@link Task.complete} answers it. */
export const PENDING: unique symbol;

/** The state of an instance as a value. Not for values of JavaScript's that the guest holds. */
export class Snapshot {
  private constructor();
  static fromBytes(bytes: Bytes): Snapshot;
  toBytes(): Buffer;
  /** Whether a call was under way. */
  readonly hasTask: boolean;
}

/** Types of addresses and indices. */
export type AddressType = 'i32' | 'i64';
/** Types of values. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc' | 'funcref' | 'anyref' | 'eqref' | 'i31ref';

/** How a memory is made, in pages of 64 KiB. */
export interface MemoryDescriptor {
  initial: Amount;
  maximum?: Amount;
  shared?: boolean;
  address?: AddressType;
}

/** A linear memory. */
export class Memory {
  constructor(descriptor: MemoryDescriptor);
  /** The bytes; detached when the memory grows. It keeps the memory alive. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** Grows by pages; the number there were before. @throws `RangeError`. */
  grow(delta: Amount): any;
  type(): { minimum: Amount; maximum?: Amount; shared: boolean; address: AddressType };
  /** Bytes now. */
  readonly length: number;
  /** Copies bytes out. @throws `RangeError`. */
  read(addr: Amount, n: Amount): Buffer;
  /** Copies bytes in. @throws `RangeError`, with nothing copied. */
  write(addr: Amount, data: ArrayBufferView): void;
}

/** How a table is made, in elements. */
export interface TableDescriptor {
  element: ValueType;
  initial: Amount;
  maximum?: Amount;
  address?: AddressType;
}

/** A table of references. One without a maximum grows to 1024 elements, or twice its first size, once it is imported. */
export class Table {
  constructor(descriptor: TableDescriptor, value?: Value);
  readonly length: any;
  get(index: Amount): Value;
  set(index: Amount, value?: Value): void;
  grow(delta: Amount, value?: Value): any;
  type(): { minimum: Amount; maximum?: Amount; element: ValueType };
}

/** How a global is made. */
export interface GlobalDescriptor {
  value: ValueType;
  mutable?: boolean;
}

/** A global. */
export class Global {
  constructor(descriptor: GlobalDescriptor, value?: Value);
  value: Value;
  valueOf(): Value;
  type(): { mutable: boolean; value: ValueType };
}

/** A tag of exceptions. */
export class Tag {
  constructor(descriptor: { parameters: Iterable<ValueType> });
  type(): { parameters: ValueType[] };
}
/** The tag of what JavaScript throws through guests. */
export const JSTag: Tag;

/** An exception of a guest, or for one. */
export class Exception {
  constructor(tag: Tag, payload?: Iterable<Value>, options?: { traceStack?: boolean });
  is(tag: Tag): boolean;
  getArg(tag: Tag, index: number): Value;
  readonly stack: string | undefined;
}

/** An import whose promises are awaited, when the guest was called by {@link promising} or {@link Instance.callAsync}. */
export class Suspending {
  constructor(call: (...args: any[]) => any);
}
/** An exported function as one that returns a promise. */
export function promising(exported: (...args: any[]) => any): (...args: any[]) => Promise<Value>;

/** Options of {@link WASI}, as `node:wasi` has them. */
export interface WASIOptions {
  version: 'preview1' | 'unstable';
  /** The first is the program's name. */
  args?: readonly string[];
  env?: Record<string, string | undefined>;
  /** Directories of the system by the guest's name for them; they can be read and written. */
  preopens?: Record<string, string>;
  /** `false` ends the process when the guest exits. */
  returnOnExit?: boolean;
  /** Descriptors of the process. */
  stdin?: number;
  stdout?: number;
  stderr?: number;
}

/** WASI preview 1. A call that must wait blocks the thread. */
export class WASI {
  constructor(options: WASIOptions);
  readonly wasiImport: Record<string, (...args: any[]) => any>;
  getImportObject(): Imports;
  /** Runs a command; its exit code. */
  start(instance: Instance): number;
  /** Sets up a reactor. */
  initialize(instance: Instance): void;
}

/** Whether the bytes are a module that can be loaded. */
export function validate(bytes: Bytes, options?: ModuleOptions): boolean;
/** Loads a module. The work is done on this thread, a turn later. */
export function compile(bytes: Bytes, options?: ModuleOptions): Promise<Module>;
/** Makes an instance. The work is done on this thread, a turn later. */
export function instantiate(module: Module, imports?: Imports, options?: InstanceOptions): Promise<Instance>;
export function instantiate(
  bytes: Bytes,
  imports?: Imports,
  options?: InstanceOptions & ModuleOptions,
): Promise<{ module: Module; instance: Instance }>;
/** Says what a module needs, without loading it. */
export function plan(bytes: Bytes, options?: ModuleOptions): Plan;
/** A translated module, which loads faster; `portable` for every build of this release. It is loaded as other bytes are. */
export function compileImage(bytes: Bytes, options?: ModuleOptions & { portable?: boolean }): Buffer;
/** The binary of a module in the text format. */
export function wat(text: string): Buffer;
