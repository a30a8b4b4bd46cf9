import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";

/** One thing that happened. */
export interface Moment {
  readonly what: string;
  /** Seconds since the beginning. */
  readonly at: number;
  /** What is to be known of it. */
  readonly detail: string;
}

/** What happened in a rehearsal, and when. */
export class Timeline {
  readonly #begun = performance.now();
  readonly #moments: Moment[] = [];

  add(what: string, detail = ""): void {
    this.#moments.push({ what, at: Math.round((performance.now() - this.#begun) / 10) / 100, detail });
  }

  get moments(): readonly Moment[] {
    return this.#moments;
  }

  table(title: string): string {
    const items: TableItem[] = [
      { type: "title", text: title },
      { type: "section-header", text: "What happened" },
      { type: "header", cells: ["", "After", "Took", ""] },
      ...this.#moments.map(({ what, at, detail }, i): TableItem => {
        const took = at - (this.#moments[i - 1]?.at ?? 0);
        return { type: "row", cells: [what, `${at.toFixed(1)} s`, `${took.toFixed(1)} s`, detail] };
      }),
    ];
    return formatTable(items);
  }
}
