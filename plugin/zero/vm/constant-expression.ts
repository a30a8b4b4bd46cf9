import { WasmError } from "../../wasm/error.ts";
import { InstructionReader } from "../../wasm/instruction-reader.ts";
import { op } from "../../wasm/instructions.ts";
import type { Expression } from "../../wasm/module.ts";

const i32Mul = op.i32Add + 2;

/** Value of a validated constant expression, as unsigned bits; a reference, which no integer program can use, is 0. */
export function constantOf(expression: Expression): bigint {
  const walk = new InstructionReader(expression);
  const stack: bigint[] = [];
  const combine = (width: number, operator: (a: bigint, b: bigint) => bigint): void => {
    const b = stack.pop()!;
    const a = stack.pop()!;
    stack.push(BigInt.asUintN(width, operator(a, b)));
  };
  for (;;) {
    const { opcode, name } = walk.next();
    switch (opcode) {
      case op.end:
        return stack[0]!;
      case op.i32Const:
      case op.f32Const:
        stack.push(BigInt(walk.first >>> 0));
        break;
      case op.i64Const:
      case op.f64Const:
        stack.push(BigInt.asUintN(64, walk.wide));
        break;
      case op.refNull:
      case op.refFunc:
        stack.push(0n);
        break;
      case op.i32Add:
      case op.i64Add:
        combine(opcode === op.i32Add ? 32 : 64, (a, b) => a + b);
        break;
      case op.i32Sub:
      case op.i64Sub:
        combine(opcode === op.i32Sub ? 32 : 64, (a, b) => a - b);
        break;
      case i32Mul:
      case op.i64Mul:
        combine(opcode === i32Mul ? 32 : 64, (a, b) => a * b);
        break;
      default:
        throw new WasmError(
          "unsupported",
          `Nexus Zero does not take ${name} in a constant expression`,
          walk.offset,
        );
    }
  }
}
