/** How many messages there are of each kind; degrees and numbers of rounds are this and nothing else (docs/zero/protocol.md §10). */
import { ZeroProofError } from "../arithmetic/zero-proof-error.ts";
import type { FieldMessages } from "./messages.ts";
import type { Shape } from "./shape.ts";
import { leafLayer, stackedBits } from "./sizes.ts";

/** @throws ZeroProofError for field messages of another form */
export function checkFormat<E>(shape: Shape, messages: FieldMessages<E>): void {
  const { chips, sizes, traceBlocks } = shape;
  const length = (list: readonly unknown[], expected: number, what: string): void => {
    if (list.length !== expected) {
      throw new ZeroProofError(what, `there are ${list.length}, not ${expected}`);
    }
  };
  const rounds = (list: readonly (readonly E[])[], count: number, degree: number, of: string): void => {
    length(list, count, `rounds of ${of}`);
    for (const coefficients of list) length(coefficients, degree, `coefficients of ${of}`);
  };
  length(messages.positions, traceBlocks.length, "positions");
  length(messages.layers, leafLayer(sizes) - 1, "layers");
  [messages.root, ...messages.layers].forEach(({ p, q }, layer) => {
    length(p, 4, `numerators of layer ${layer}`);
    length(q, 4, `denominators of layer ${layer}`);
  });
  messages.layers.forEach((layer, i) => rounds(layer.rounds, 2 * (i + 1), 4, `layer ${i + 1}`));
  rounds(messages.zerocheck, sizes.rowBits, 3, "the zerocheck");
  length(messages.columns, chips.length, "chips");
  chips.forEach(({ name, columns }, c) => {
    length(messages.columns[c]!, columns.length, `columns of ${name}`);
  });
  rounds(messages.stacking, stackedBits(sizes), 2, "the stacking");
}

/** Messages of the right form, every element made by `element`. */
export function formOf<E>({ chips, sizes, traceBlocks }: Shape, element: () => E): FieldMessages<E> {
  const list = (length: number): E[] => Array.from({ length }, element);
  const rounds = (count: number, degree: number): E[][] => Array.from({ length: count }, () => list(degree));
  const positions = list(traceBlocks.length);
  const root = { p: list(4), q: list(4) };
  const layers = Array.from({ length: leafLayer(sizes) - 1 }, (_, i) => ({
    rounds: rounds(2 * (i + 1), 4),
    p: list(4),
    q: list(4),
  }));
  return {
    positions,
    root,
    layers,
    zerocheck: rounds(sizes.rowBits, 3),
    columns: chips.map(({ columns }) => list(columns.length)),
    stacking: rounds(stackedBits(sizes), 2),
    evaluation: element(),
    opening: {
      g: element(),
      gInverse: element(),
      h: element(),
      hInverse: element(),
      hAlpha: element(),
      S: element(),
      SInverse: element(),
    },
  };
}
