/**
 * The part of the engine's JavaScript interface to WebAssembly that Nexus uses (https://www.w3.org/TR/wasm-js-api-2/), typed here because
 * TypeScript declares it only together with the browser's whole library.
 */
import type { HostFunction } from "./host-function.ts";

/** A compiled module; opaque. */
export interface CompiledModule {
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

export interface EngineMemory {
  readonly buffer: ArrayBuffer;
}

export interface EngineGlobal<T extends number | bigint> {
  value: T;
}

/** What an instance exports, by name: functions, memories, globals, tables. */
export type EngineExports = Readonly<Record<string, unknown>>;

export type EngineImports = Readonly<Record<string, Readonly<Record<string, HostFunction | EngineMemory>>>>;

interface Engine {
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (
    module: CompiledModule,
    imports: EngineImports,
  ) => { readonly exports: EngineExports };
  /** Sizes in pages of 64 KiB. */
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => EngineMemory;
  readonly RuntimeError: new (message?: string) => Error;
}

export const engine: Engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
