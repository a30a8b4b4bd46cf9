/**
 * A list of jobs that threads share: each takes the next until none is left. A job is sixteen words, its operation and the arguments of
 * the function it names.
 */
import { Fq2 } from "./coordinate";
import { eqTables, foldChildren, foldLonely, fractionRound, mergeFractions, productRound } from "./fractions";
import { countCells, gatherCells } from "./gather";
import { addColumn, combineColumns, dotColumn, foldColumn } from "./integers";
import { windowSum } from "./multiscalar";
import { correlate, divideByBinomial, divideByLinear, rowDots } from "./opening";
import { Fq } from "./prime-field";
import { runRows, zerocheckRound } from "./rows";

/** Bytes of a job. The same number and the order below are in ../../prover/jobs.ts. */
const JOB: usize = 64;

/** @param counter a word that the host sets to 0; the range is not used */
export function runJobs(_start: usize, _end: usize, list: usize, count: u32, counter: usize): void {
  for (;;) {
    const next = atomic.add<u32>(counter, 1);
    if (next >= count) return;
    runJob(list + next * JOB);
  }
}

function word(job: usize, i: usize): usize {
  return <usize>load<u32>(job + 4 * i);
}

// prettier-ignore
function runJob(j: usize): void {
  switch (load<u32>(j)) {
    case 0: fractionRound(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7), word(j, 8), word(j, 9), word(j, 10), word(j, 11), word(j, 12) != 0); break;
    case 1: foldChildren(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5)); break;
    case 2: foldLonely(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5)); break;
    case 3: mergeFractions(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7), word(j, 8), word(j, 9), word(j, 10)); break;
    case 4: eqTables(word(j, 1), word(j, 2), word(j, 3), word(j, 4)); break;
    case 5: foldColumn(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7)); break;
    case 6: addColumn(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7)); break;
    case 7: dotColumn(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6)); break;
    case 8: runRows(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7)); break;
    case 9: zerocheckRound(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7), word(j, 8), word(j, 9), word(j, 10), word(j, 11), word(j, 12), word(j, 13)); break;
    case 10: divideByLinear(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5)); break;
    case 11: divideByBinomial(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7), word(j, 8)); break;
    case 12: rowDots(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6)); break;
    case 13: correlate(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7)); break;
    case 14: combineColumns(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6)); break;
    case 15: productRound(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5)); break;
    case 16: countCells(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5)); break;
    case 17: gatherCells(word(j, 1), word(j, 2), word(j, 3), word(j, 4), word(j, 5), word(j, 6), word(j, 7)); break;
    case 18: windowSum<Fq>(word(j, 1), word(j, 2), j + 5 * 4, word(j, 3), word(j, 4)); break;
    case 19: windowSum<Fq2>(word(j, 1), word(j, 2), j + 5 * 4, word(j, 3), word(j, 4)); break;
    default: unreachable();
  }
}
