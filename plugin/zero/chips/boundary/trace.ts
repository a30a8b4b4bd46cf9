import { heightFor, limbFiller } from "../../trace/instruction-trace.ts";
import type { Lookups } from "../../trace/lookups.ts";
import { cellOf, type Growth, type Recorder, type Region } from "../../trace/recorder.ts";
import { Rows } from "../../trace/rows.ts";
import type { Parameters, Table } from "../../trace/trace.ts";
import { regionStart, regions, wordsOfPage } from "../../air/regions.ts";
import { boundary } from "./chip.ts";

interface Touched {
  readonly kind: string;
  /** Region's number and the region. */
  readonly of: readonly [number, Region];
  readonly cell: number;
  readonly growth?: Growth;
}

/** A row for each touched cell; counts the words of each growth in `lookups`. */
export function boundaryTable(recorder: Recorder, lookups: Lookups, parameters: Parameters): Table {
  const touched = [
    ...cellsOf("is frame", regions.frames, recorder.frames),
    ...memoryCells(recorder, parameters),
    ...cellsOf("is global", regions.globals, recorder.globals),
    ...cellsOf("is pages", regions.pages, recorder.pages),
    ...cellsOf("is scratch", regions.scratch, recorder.scratch),
  ];
  // The first row must be there, also for a run that touches nothing.
  if (touched.length === 0)
    touched.push({ kind: "is frame", of: [regions.frames, recorder.frames], cell: 0 });

  const rows = new Rows(boundary, heightFor(touched.length));
  const [value, time, created, previous] = [
    rows.wide("value"),
    rows.narrow("time"),
    rows.narrow("created"),
    rows.wide("previous"),
  ];
  const [page, rest, from, to] = (["page", "rest", "from", "to"] as const).map((name) => rows.narrow(name));
  const index = limbFiller(rows, lookups, "index", 3);
  const between = limbFiller(rows, lookups, "between", 3);
  const distance = limbFiller(rows, lookups, "distance", 2);
  const { imageFirst, imageEnd, firstPages } = parameters;
  let last = 0n;
  touched.forEach(({ kind, of: [region, { times, values }], cell, growth }, row) => {
    rows.narrow(kind)[row] = 1;
    index(row, BigInt(cell));
    lookups.range(Math.floor(cell / 2 ** 32) << 8);
    value[row] = cellOf({ values, times }, cell);
    time[row] = times[cell]!;
    const address = regionStart(region) + BigInt(cell);
    if (row > 0) {
      previous[row] = last;
      between(row, address - last - 1n);
    }
    last = address;
    if (region !== regions.memory) return;
    const [start, end] = growth === undefined ? [0, Number(firstPages)] : [growth.from, growth.to];
    const [number, inside] = [Math.floor(cell / wordsOfPage), cell % wordsOfPage];
    page![row] = number;
    rest![row] = inside;
    from![row] = start;
    to![row] = end;
    for (const each of [inside, inside << 3, number - start, end - number - 1]) lookups.range(each);
    if (growth === undefined) {
      distance(row, BigInt(cell) < imageFirst ? imageFirst - 1n - BigInt(cell) : BigInt(cell) - imageEnd);
    } else {
      created[row] = growth.time;
      lookups.growths.set(growth.time, (lookups.growths.get(growth.time) ?? 0) + 1);
    }
  });
  rows.narrow("last")[touched.length - 1] = 1;
  return rows.table();
}

function cellsOf(kind: string, number: number, region: Region): Touched[] {
  const cells: Touched[] = [];
  region.times.forEach((time, cell) => {
    if (time > 0) cells.push({ kind, of: [number, region], cell });
  });
  return cells;
}

/** Touched words of linear memory outside of the image table. */
function memoryCells(
  { memory, growths }: Recorder,
  { imageFirst, imageEnd, firstPages }: Parameters,
): Touched[] {
  const cells: Touched[] = [];
  const initial = Number(firstPages) * wordsOfPage;
  const of = [regions.memory, memory] as const;
  memory.times.subarray(0, initial).forEach((time, cell) => {
    if (time === 0 || (cell >= imageFirst && cell < imageEnd)) return;
    cells.push({ kind: cell < imageFirst ? "is below image" : "is above image", of, cell });
  });
  for (const growth of growths) {
    for (let cell = growth.from * wordsOfPage; cell < growth.to * wordsOfPage; cell++) {
      if (memory.times[cell]! > growth.time) cells.push({ kind: "is grown", of, cell, growth });
    }
  }
  return cells;
}
