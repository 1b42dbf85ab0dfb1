export type Value = number | bigint | null;

/** What a module needs, in bytes, exactly. */
export interface Plan {
  /** In the module's arena during the load beyond `module`; given back. */
  loadScratch: bigint;
  /** Taken by the loaded module. */
  module: bigint;
  /** Taken by each instance, tables at their ceilings included. */
  instance: bigint;
  /** The part of `instance` that table elements take. */
  tableMax: bigint;
  /** Least stack for the deepest chain of calls; 0 when calls recurse, so that no bound exists. */
  stackMin: bigint;
  /** Linear memories at their minimum. */
  memoryMin: bigint;
  /** Linear memories at their declared maximum; 0 when one declares none. */
  memoryMax: bigint;
  /** Least heap for types, tags and the objects that the module starts with; 0 when it needs none. */
  heapMin: bigint;
}

/** What the last call has used. */
export interface Usage {
  /** WebAssembly operators executed, elements of bulk operators included. */
  fuelUsed: bigint;
  /** Most calls active at once. */
  callDepthPeak: number;
  /** Most bytes of the stack in use at once. */
  stackPeak: bigint;
  /** Bytes of the instance's linear memories now. */
  memoryBytes: bigint;
}

/** One active call. */
export interface Frame {
  /** The function's name, where the module has it. */
  name?: string;
  /** Index of the function, imports first. */
  func: number;
  /** Bytes from the start of the function's body. */
  funcOffset: number;
  /** Bytes from the start of the module. */
  offset: number;
}

export type Kind = 'func' | 'table' | 'memory' | 'global' | 'tag';

export interface ImportInfo {
  module: string;
  name: string;
  kind: Kind;
  /** For functions: "(iI)f" for i32 and i64 to f32; r and R are funcref and externref. */
  signature: string;
}

export interface ExportInfo {
  name: string;
  kind: Kind;
  signature: string;
}

declare class WrtError extends globalThis.Error {
  /** The kind of what happened, as the C header names it. */
  status: string;
  /** The stable name of what happened. */
  reason: string;
  /** Where in the module, in bytes. */
  offset: number;
  /** Index of the function, or null. */
  func: number | null;
  /** What would have sufficed. */
  need: number;
  /** Depends on the reason; for `Exit` the exit code. */
  detail: bigint;
}
export { WrtError as Error };

/** The guest did what it may not. */
export class Trap extends WrtError {
  frames: Frame[];
}
/** The budget is spent; `Instance.resume` continues. */
export class OutOfFuel extends WrtError {
  frames: Frame[];
}
/** The guest ended itself. */
export class Exit extends WrtError {}

/** Checks a module against the specification and the limits; throws `Error` when it is refused. */
export function validate(wasm: Uint8Array): void;
/** Says what a module needs, without loading it; throws `Error` when it is refused. */
export function plan(wasm: Uint8Array): Plan;

/** A loaded module: immutable. */
export class Module {
  constructor(wasm: Uint8Array);
  readonly wasm: Buffer;
  readonly plan: Plan;
  readonly imports: ImportInfo[];
  readonly exports: ExportInfo[];
}

/** The linear memory 0 of an instance; every access is checked. */
export class Memory {
  private constructor();
  read(addr: number | bigint, n: number | bigint): Buffer;
  write(addr: number | bigint, data: Uint8Array): void;
  /** Grows by pages of 65536 bytes; the number there were before, or -1. */
  grow(pages: number | bigint): number;
  readonly length: number;
}

export interface Settings {
  /** Bytes to which linear memories may grow, in sum. */
  memory?: number | bigint;
  /** Bytes for the frames of active calls. */
  stack?: number | bigint;
  /** Calls that may be active at once. */
  maxDepth?: number;
}

/** Instructions that may be executed; without it, any number. */
export interface Budget {
  fuel?: number | bigint;
}

/** An instance with its own stack and memory. */
export class Instance {
  constructor(module: Module, imports?: Record<string, Record<string, Function>>, settings?: Settings);
  readonly module: Module;
  readonly memory: Memory;
  readonly usage: Usage;
  /** A hash of globals, tables and memories: equal states, equal hashes, on every target. */
  readonly stateHash: bigint;
  call(name: string, args?: Value[], budget?: Budget): Value | undefined | Value[];
  /** Continues a call that ran out of fuel, with as much more. */
  resume(budget?: Budget): Value | undefined | Value[];
}
