import { expect } from "chai";

import { demangle } from "../../../plugin/wasm/demangle.ts";

describe("wasm: demangled names of Rust", () => {
  it("reads the scheme with lengths and a hash", () => {
    for (const [name, expected] of [
      ["_ZN3bad4main17h6f46a2b9b923b970E", "bad::main"],
      [
        "_ZN3std10sys_common9backtrace28__rust_begin_short_backtrace17h5bdf56ff9d20d6e1E",
        "std::sys_common::backtrace::__rust_begin_short_backtrace",
      ],
      [
        "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
        "core::ptr::drop_in_place<alloc::string::String>",
      ],
      [
        "_ZN70_$LT$core..ops..range..Range$LT$u8$GT$$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE.llvm.77",
        "<core::ops::range::Range<u8> as core::fmt::Debug>::fmt",
      ],
      ["_ZN3foo3barE", "foo::bar"],
    ] as const) {
      expect(demangle(name)).to.equal(expected);
    }
  });

  it("reads paths of the scheme of RFC 2603", () => {
    for (const [name, expected] of [
      ["_RNvCsbmNqQUJIY6D_3bad4main", "bad::main"],
      ["_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"],
      ["_RNCNvCs1234_3bad4main0B3_", "bad::main::{closure}"],
      ["_RINvNtCs1234_3std3mem8align_ofdECs1234_3bad", "std::mem::align_of"],
    ] as const) {
      expect(demangle(name)).to.equal(expected);
    }
  });

  it("reads escapes of characters, and leaves those of none", () => {
    const hash = "17h0123456789abcdefE";
    for (const [part, expected] of [
      ["$u7e$$u41$", "~A"],
      ["$u10ffff$", "\u{10ffff}"],
      ["$u110000$", "$u110000$"],
      ["$uffffffff$", "$uffffffff$"],
      ["$uffffffffffffffffffff$", "$uffffffffffffffffffff$"],
      ["$ud800$$udfff$", "$ud800$$udfff$"],
      ["$u$$uG$$XX$", "$u$$uG$$XX$"],
      ["$constructor$$__proto__$", "$constructor$$__proto__$"],
    ] as const) {
      expect(demangle(`_ZN${part.length}${part}${hash}`)).to.equal(expected);
    }
  });

  it("leaves every other name as it is, damaged ones too, and is quick about long ones", () => {
    for (const name of [
      "main",
      "",
      "_start",
      "assembly/index/parse",
      "_ZN",
      "_ZNE",
      "_ZN9badE",
      "_ZN3badx",
      "_R",
      "_RNv",
      "_RNvC9bad",
      "_RNvMs_C3bad4Type3new",
    ]) {
      expect(demangle(name)).to.equal(name);
    }
    const long = `_ZN${"1E.a".repeat(250_000)}!`;
    expect(demangle(long)).to.equal(long);
  });
});
