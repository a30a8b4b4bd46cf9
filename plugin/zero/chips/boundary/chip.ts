import { defineChip } from "../../air/chip.ts";
import { parameter, sum, virtual } from "../../air/expression.ts";
import { inRange, limbBelow, limbColumns } from "../../air/instruction-row.ts";
import { regionStart, regions, wordsOfPage } from "../../air/regions.ts";

/**
 * What cells hold before their first access and after their last: a row for each cell touched outside of the image and the streams.
 * A cell without a row, in none of the three, cannot be accessed. README.md says why no cell has two.
 */
export const boundary = defineChip("boundary", "declared", (chip) => {
  const first = virtual("first");
  const frame = chip.bit("is frame");
  const below = chip.bit("is below image");
  const above = chip.bit("is above image");
  const grown = chip.bit("is grown");
  const global = chip.bit("is global");
  const pages = chip.bit("is pages");
  const scratch = chip.bit("is scratch");
  const initial = below.plus(above);
  const memory = initial.plus(grown);
  const real = sum(frame, memory, global, pages, scratch);
  chip.zero("a row has one kind", real.times(real.minus(1)));
  chip.zero("the first row is not padding", first.times(real.minus(1)));

  const index = limbColumns(chip, "index", real, 3);
  limbBelow(chip, real, index.limbs[2]!, 8);
  const address = sum(
    index.value,
    memory.times(regionStart(regions.memory)),
    global.times(regionStart(regions.globals)),
    pages.times(regionStart(regions.pages)),
    scratch.times(regionStart(regions.scratch)),
  );
  const created = chip.column("created", 32);
  const value = chip.column("value", 64);
  const time = chip.column("time", 32);
  chip.put("memory", real, address, pages.times(parameter("firstPages")), created);
  chip.take("memory", real, address, value, time);
  chip.zero("only grown words are created later than the run's start", created.times(grown.minus(1)));
  chip.zero("there is one number of pages", pages.times(index.value));

  // Addresses increase from row to row.
  const last = chip.bit("last");
  chip.zero("padding is not the last row", last.times(real.minus(1)));
  const previous = chip.column("previous", 64);
  chip.take("order", real.minus(first), virtual("row"), previous);
  chip.put("order", real.minus(last), virtual("row").plus(1), address);
  const { value: between } = limbColumns(chip, "between", real.minus(first), 3);
  chip.zero(
    "the address is more than the previous",
    real.minus(first).times(address.minus(previous).minus(between).minus(1)),
  );

  // A word of linear memory lies in pages that exist: from the start, or since they were granted.
  const page = chip.column("page", 32);
  const rest = chip.column("rest", 16);
  const from = chip.column("from", 32);
  const to = chip.column("to", 32);
  chip.zero(
    "memory: index = 8192 page + rest",
    memory.times(index.value.minus(page.times(wordsOfPage)).minus(rest)),
  );
  inRange(chip, memory, rest);
  limbBelow(chip, memory, rest, 13);
  inRange(chip, memory, page.minus(from), to.minus(page).minus(1));
  chip.zero("pages exist from 0 on", initial.times(from));
  chip.zero("pages exist up to the first number", initial.times(to.minus(parameter("firstPages"))));
  chip.take("growth", grown, from, to, created);

  // The image table has its words itself.
  const { value: distance } = limbColumns(chip, "distance", initial, 2);
  chip.zero(
    "below the image: index < its first word",
    below.times(index.value.plus(distance, 1).minus(parameter("imageFirst"))),
  );
  chip.zero(
    "above the image: index >= its end",
    above.times(index.value.minus(parameter("imageEnd")).minus(distance)),
  );
});
