import { expect } from "chai";
import { concat, keccak256, toBeHex } from "ethers";

import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { poseidon } from "../../../../plugin/zero/arithmetic/poseidon.ts";
import { fullRounds, plainParameters } from "../../../../plugin/zero/arithmetic/poseidon-parameters.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";

/** Of (1, 2, …, n) for n = 1 … 16, by poseidon-lite 0.3.0, which has circomlib's constants listed. */
const digests = [
  18586133768512220936620570745912940619677854269274689475585506675881198879027n,
  7853200120776062878684798364095072458815029376092732009249414926327459813530n,
  6542985608222806190361240322586112750744169038454362455181422643027100751666n,
  18821383157269793795438455681495246036402687001665670618754263018637548127333n,
  6183221330272524995739186171720101788151706631170188140075976616310159254464n,
  20400040500897583745843009878988256314335038853985262692600694741116813247201n,
  12748163991115452309045839028154629052133952896122405799815156419278439301912n,
  18604317144381847857886385684060986177838410221561136253933256952257712543953n,
  13589767895268936107593642967621470491511464502761040466226072462545218539640n,
  3657500514307717306974218405144578736633140001277925127187636780142269815841n,
  3572015662710076994097916907865950486270383304442561406230608893458731714472n,
  2501997477381648492950318384533644783248002172679259592360114615426357826485n,
  7041832639553862712666971417715061873827921493498355005117622707743491651590n,
  8354478399926161176778659061636406690034081872658507739535256090879947077494n,
  4203130618016961831408770638653325366880478848856764494148034853759773445968n,
  9989051620750914585850546081941653841776809718687451684622678807385399211877n,
];

/** All lanes of (1, 2, 3, 4, 5), by the same. */
const outputsOfFive = [
  6183221330272524995739186171720101788151706631170188140075976616310159254464n,
  2628245517701086135338951408073705090980905717779781607213245663838011731385n,
  20093359666015727941941540217059235683031017361039622691031429913231171756723n,
  20205322858556609108883341212274185188055595165809678501210701707909178509888n,
  15339893714343504698227054247161928255311098770598062439582811637031717822423n,
  14719378953797167852480344783214829394379810157993619922216553848612990072508n,
];

/** keccak256 of all lanes for 1 to 16 inputs, input i being r − 1 − i², each in 32 bytes, by circomlibjs 0.1.7. */
const allLanes = "0x97b577b835a259005750a60d614d2ad6584a6ae1bcbf8172afc65d95e4546265";

const firstIntegers = (count: number) => Array.from({ length: count }, (_, i) => BigInt(i + 1));

/** The permutation as the paper writes it. */
function permuted(state: bigint[]): bigint[] {
  const { matrix, constants } = plainParameters(state.length);
  constants.forEach((round, number) => {
    const isFull = number < fullRounds / 2 || number >= constants.length - fullRounds / 2;
    const boxed = state.map((lane, i) => {
      const sum = residue(lane + round[i]!);
      return isFull || i === 0 ? sum ** 5n : sum;
    });
    state = matrix.map((row) => residue(row.reduce((sum, factor, i) => sum + factor * boxed[i]!, 0n)));
  });
  return state;
}

describe("Poseidon", () => {
  it("is circomlib's for every number of inputs", () => {
    digests.forEach((digest, i) => {
      expect(poseidon(plain, firstIntegers(i + 1)), `${i + 1} inputs`).to.deep.equal([digest]);
    });
    expect(poseidon(plain, firstIntegers(5), 6)).to.deep.equal(outputsOfFive);
    expect(poseidon(plain, firstIntegers(5), 3)).to.deep.equal(outputsOfFive.slice(0, 3));
  });

  it("is circomlib's in every lane, of the largest elements too", () => {
    const lanes = Array.from({ length: 16 }, (_, i) => {
      const inputs = Array.from({ length: i + 1 }, (_, j) => residue(-1n - BigInt(j * j)));
      return poseidon(plain, inputs, i + 2);
    }).flat();
    expect(keccak256(concat(lanes.map((lane) => toBeHex(lane, 32))))).to.equal(allLanes);
  });

  it("equals the permutation with unoptimised partial rounds in every lane", () => {
    for (let width = 2; width <= 17; width++) {
      const inputs = Array.from({ length: width - 1 }, (_, i) => residue((-3n) ** BigInt(i + 150)));
      expect(poseidon(plain, inputs, width), `width ${width}`).to.deep.equal(permuted([0n, ...inputs]));
    }
  });

  it("refuses numbers of inputs and outputs that it has no parameters for", () => {
    expect(() => poseidon(plain, [])).to.throw(RangeError, "not 0");
    expect(() => poseidon(plain, firstIntegers(17))).to.throw(RangeError, "not 17");
    expect(() => poseidon(plain, [1n, 2n], 4)).to.throw(RangeError, "1 to 3 outputs, not 4");
    expect(() => poseidon(plain, [1n, 2n], 0)).to.throw(RangeError, "not 0");
  });
});
