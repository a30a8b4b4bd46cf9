/** The parts of snarkjs 0.7 that the tests use. Files are paths, or contents in memory. */
declare module "snarkjs" {
  type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
  type File = string | Uint8Array | { type: "mem"; data?: Uint8Array };

  /** Coordinates as decimal numbers; the third is 1. In G2 a coordinate is [real, imaginary]. */
  interface SnarkjsProof {
    pi_a: [string, string, string];
    pi_b: [[string, string], [string, string], [string, string]];
    pi_c: [string, string, string];
    protocol: string;
    curve: string;
  }

  export const groth16: {
    prove(zkey: File, witness: File): Promise<{ proof: SnarkjsProof; publicSignals: string[] }>;
    verify(key: Json, publicSignals: string[], proof: SnarkjsProof): Promise<boolean>;
  };
  export const zKey: {
    newZKey(r1cs: File, ptau: File, zkey: File): Promise<Uint8Array>;
    contribute(old: File, next: File, name: string, entropy: string): Promise<Uint8Array>;
  };
  export const powersOfTau: {
    newAccumulator(curve: Curve, power: number, file: File): Promise<unknown>;
    contribute(old: File, next: File, name: string, entropy: string): Promise<unknown>;
    preparePhase2(old: File, next: File): Promise<unknown>;
  };
  export const r1cs: {
    info(file: File): Promise<{ nVars: number; nPubInputs: number; nConstraints: number; prime: bigint }>;
  };
  export const wtns: { check(r1cs: File, witness: File): Promise<boolean> };
  export const curves: {
    getCurveFromName(name: "bn128", options?: { singleThread?: boolean }): Promise<Curve>;
  };

  /** ffjavascript's engine. */
  export interface Curve {
    /** The engine in this thread. */
    readonly tm: {
      readonly memory: WebAssembly.Memory;
      readonly instance: { readonly exports: Record<string, (...args: number[]) => number> };
    };
    /** Transforms of elements of 32 bytes, one after the other. */
    readonly Fr: {
      fft(coefficients: Uint8Array): Promise<Uint8Array>;
      ifft(values: Uint8Array): Promise<Uint8Array>;
    };
    readonly G1: PointGroup;
    readonly G2: PointGroup;
    terminate(): Promise<void>;
  }

  /** Points are bytes: affine, or Jacobian as the engine returns them. */
  interface PointGroup {
    multiExpAffine(points: Uint8Array, scalars: Uint8Array): Promise<Uint8Array>;
    toAffine(point: Uint8Array): Uint8Array;
    toObject(point: Uint8Array): (bigint | bigint[])[];
  }
}
