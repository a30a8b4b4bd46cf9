import { expect } from "chai";

import {
  addressBook,
  addressOf,
  find,
  readAddressBook,
  type AddressBook,
} from "../../deploy/address-book.ts";
import { deploySuite } from "../../deploy/deploy-suite.ts";
import { startNode, type LiveNode } from "./live-node.ts";

const A = "0x00000000000000000000000000000000000000aa";
const B = "0x00000000000000000000000000000000000000bb";

describe("address book", () => {
  it("leaves other modules out and prefers the newest version", () => {
    const book = addressBook(10, {
      "NexusV1#NexusGateway": A,
      "NexusV2#NexusGateway": B,
      "NexusV1#NexusOutbox": A,
      "Other#NexusGateway": A,
      "NexusV1#NexusStaking.wire": A,
    });
    expect(book.deployments.map((one) => [one.module, one.part, one.version])).to.deep.equal([
      ["NexusV1", "NexusGateway", 1],
      ["NexusV2", "NexusGateway", 2],
      ["NexusV1", "NexusOutbox", 1],
    ]);
    expect(addressOf(book, "NexusGateway")).to.equal(B);
    expect(find(book, "ZeroRouter")).to.equal(undefined);
    expect(() => addressOf(book, "ZeroRouter")).to.throw(/ZeroRouter is not deployed on chain 10/);
  });

  it("is empty where nothing was deployed, and says so", async () => {
    const book = await readAddressBook("no-such-directory", 5);
    expect(book).to.deep.equal({ chainId: 5, deployments: [] });
    expect(() => addressOf(book, "ZeroRouter")).to.throw(/nothing of Nexus is/);
  });

  describe("of a node", () => {
    let node: LiveNode;
    before(async () => {
      node = await startNode();
    });
    after(() => node.close());

    it("is what Ignition recorded, with blocks; deploying again changes nothing", async () => {
      const directory = node.hre.config.paths.ignition;
      const connection = await node.hre.network.create();
      const deployed = await deploySuite(connection);
      const read = await readAddressBook(directory, 31337);
      const plain = (book: AddressBook) =>
        book.deployments.map(({ part, address, module }) => [part, address, module]).sort();
      expect(plain(read)).to.deep.equal(plain(deployed));
      const blocks = read.deployments.map((one) => one.block ?? 0);
      expect(Math.min(...blocks)).to.be.greaterThan(0);

      const height = await connection.ethers.provider.getBlockNumber();
      expect(plain(await deploySuite(connection))).to.deep.equal(plain(deployed));
      expect(await connection.ethers.provider.getBlockNumber()).to.equal(height);

      const gone = addressOf(read, "NexusGateway");
      await connection.provider.request({ method: "hardhat_setCode", params: [gone, "0x"] });
      let message = "";
      await deploySuite(connection).catch((error: Error) => (message = error.message));
      expect(message)
        .to.include(gone)
        .and.match(/The node was restarted.*nexus:deploy --reset/);
      await connection.close();
    });
  });
});
