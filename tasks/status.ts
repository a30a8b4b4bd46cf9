import type { NewTaskActionFunction } from "hardhat/types/tasks";

const status: NewTaskActionFunction = async (_args, hre) => {
  const { networkName } = await hre.network.create();
  console.log(networkName);
};

export default status;
