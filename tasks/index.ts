import { overrideTask, task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";

const text = { type: ArgumentType.STRING_WITHOUT_DEFAULT, defaultValue: undefined } as const;
const path = { type: ArgumentType.FILE_WITHOUT_DEFAULT, defaultValue: undefined } as const;

const input = { name: "input", description: "What the program reads on standard input", ...text } as const;
const inputFile = { name: "inputFile", description: "File with what the program reads", ...path } as const;
const inputHex = {
  name: "inputHex",
  description: "Read --input or --input-file as hex digits of the bytes",
} as const;
const privateInput = {
  name: "privateInput",
  description: "For a proof: what the program reads and nobody else sees",
  ...text,
} as const;
const privateInputFile = {
  name: "privateInputFile",
  description: "File with the private input",
  ...path,
} as const;
const privateInputHex = {
  name: "privateInputHex",
  description: "Read --private-input or --private-input-file as hex digits of the bytes",
} as const;

export const runTask = task(
  "nexus:run",
  "Run a program in a cloud that is booted for it, or prove the run, and show the answer the contract accepted",
)
  .addPositionalArgument({
    name: "program",
    description:
      "Name of a program of the project or of the examples, or path of a .wasm file; without one, an example runs in both clouds",
    type: ArgumentType.STRING_WITHOUT_DEFAULT,
    defaultValue: undefined,
  })
  .addOption(input)
  .addOption(inputFile)
  .addFlag(inputHex)
  .addOption(privateInput)
  .addOption(privateInputFile)
  .addFlag(privateInputHex)
  .addFlag({ name: "cloud", description: "Run it in the cloud: the default, but for the example alone" })
  .addFlag({ name: "zero", description: "Prove the run with Nexus Zero, and sell the proof at the market" })
  .addFlag({ name: "json", description: "Print one line of JSON and nothing else" })
  .setAction(() => import("./run.ts"))
  .build();

export const proveTask = task("nexus:prove", "Run a program, prove the run, and write the proof to a file")
  .addPositionalArgument({
    name: "program",
    description: "Name of a program of the project or of the examples, or path of a .wasm file",
  })
  .addOption(input)
  .addOption(inputFile)
  .addFlag(inputHex)
  .addOption(privateInput)
  .addOption(privateInputFile)
  .addFlag(privateInputHex)
  .addOption({
    name: "output",
    shortName: "o",
    description: "File to write the proof to",
    defaultValue: "proof.json",
  })
  .addFlag({ name: "json", description: "Print one line of JSON and nothing else" })
  .setAction(() => import("./prove.ts"))
  .build();

export const verifyTask = task(
  "nexus:verify",
  "Check a proof that nexus:prove wrote: here, or with --network by the contract there",
)
  .addPositionalArgument({ name: "file", description: "File with the proof", defaultValue: "proof.json" })
  .addFlag({ name: "json", description: "Print one line of JSON and nothing else" })
  .setAction(() => import("./verify.ts"))
  .build();

export const initTask = task(
  "nexus:init",
  "Add a program, a contract that asks for it and a test to the project",
)
  .addPositionalArgument({ name: "name", description: "Name of the program", defaultValue: "sum" })
  .addOption({
    name: "language",
    description: "Language of the program: rust or assemblyscript",
    defaultValue: "rust",
  })
  .setAction(() => import("./init.ts"))
  .build();

export const buildProgramsTask = task(
  "nexus:build",
  "Build the project's programs from source, and show their ids and sizes",
)
  .addVariadicArgument({
    name: "programs",
    description: "Names of the programs; without any, all are built",
    defaultValue: [],
  })
  .addFlag({ name: "json", description: "Print one line of JSON and nothing else" })
  .setAction(() => import("./build.ts"))
  .build();

export const deployTask = task(
  "nexus:deploy",
  "Deploy the whole suite on the selected network; a development chain gets a token and a mock verifier too",
)
  .addOption({
    name: "parameters",
    description: "File of parameters; the default is parameters/<network>.json in the Ignition directory",
    type: ArgumentType.FILE_WITHOUT_DEFAULT,
    defaultValue: undefined,
  })
  .addFlag({
    name: "reset",
    description:
      "On a development chain: forget what was deployed there before, as after a restart of its node",
  })
  .addFlag({ name: "yes", description: "On a live chain: deploy without being asked" })
  .addFlag({ name: "json", description: "Print one line of JSON and nothing else" })
  .setAction(() => import("./deploy.ts"))
  .build();

export const foundTask = task(
  "nexus:found",
  "Found a cloud on the selected network, and see its first committee into office; call it again to go on",
)
  .addOption({
    name: "cloud",
    description: "Id of a cloud that was created before, to go on with",
    ...text,
  })
  .addOption({ name: "size", description: "Members of a committee, 1 to 128; the default is 4", ...text })
  .addOption({
    name: "threshold",
    description: "How many of them sign; the default is the least, more than two thirds",
    ...text,
  })
  .addOption({ name: "scheme", description: "BN254, the default, or BLS12-381", ...text })
  .addOption({
    name: "epochLength",
    description: "How long a committee is in office, such as 12h or 7d; the default is the longest, 30d",
    ...text,
  })
  .addOption({
    name: "confirmationWindow",
    description:
      "How long a new committee may take for its key; the default is an hour, or more on slow chains",
    ...text,
  })
  .addOption({
    name: "minStake",
    description: "Least stake of a member, in whole tokens; the default is 100 times the least bond",
    ...text,
  })
  .addOption({ name: "perRequest", description: "Price of a request, in wei", ...text })
  .addOption({ name: "perFuel", description: "Price of a unit of fuel, in wei", ...text })
  .addOption({ name: "perByte", description: "Price of a byte of input or output, in wei", ...text })
  .addOption({
    name: "deploymentId",
    description: "Ignition's id of the deployment; the default is chain-<id>",
    defaultValue: "",
  })
  .addFlag({ name: "noWait", description: "End where others have to act, instead of waiting for them" })
  .addFlag({ name: "yes", description: "On a live chain: send without being asked" })
  .addFlag({ name: "json", description: "Print one JSON object and nothing else" })
  .setAction(() => import("./found.ts"))
  .build();

export const rehearseTask = task(
  "nexus:rehearse",
  "Rehearse a live cloud on this machine: chains, deployment, founding, n nodes with their CometBFTs, a request answered",
)
  .addOption({
    name: "nodes",
    description: "How many nodes, 1 to 32",
    type: ArgumentType.INT,
    defaultValue: 4,
  })
  .addFlag({ name: "mirror", description: "Serve a second chain too, through a mirror" })
  .addFlag({ name: "keep", description: "Go on until Ctrl-C, and keep the folder" })
  .addOption({
    name: "cometbft",
    description: "The command of CometBFT 0.38, a name on the PATH or a path",
    defaultValue: "cometbft",
  })
  .addFlag({ name: "json", description: "Print one JSON object and nothing else" })
  .setAction(() => import("./rehearse.ts"))
  .build();

export const statusTask = task(
  "nexus:status",
  "Show what of the Nexus suite is deployed on the selected network, its clouds, stake and verifiers",
)
  .addFlag({ name: "json", description: "Print one JSON object instead of tables" })
  .addOption({
    name: "deploymentId",
    description: "Ignition's id of the deployment; the default is chain-<id>",
    defaultValue: "",
  })
  .setAction(() => import("./status.ts"))
  .build();

export const nodeTask = task(
  "nexus:node",
  "Run a cloud for development on the selected network until it is stopped, with a page that shows what it does",
)
  .addOption({
    name: "data",
    description: "Folder where the cloud is kept, to go on after a restart; without it, it is forgotten",
    defaultValue: "",
  })
  .addOption({
    name: "out",
    description:
      "File to write addresses and ids to as JSON, once the cloud serves, for front-ends and scripts",
    defaultValue: "",
  })
  .addFlag({
    name: "zero",
    description: "Answer what contracts ask the market of Nexus Zero for too, once a development key is made",
  })
  .addOption({ name: "host", description: "Address to listen on", defaultValue: "127.0.0.1" })
  .addOption({
    name: "port",
    description: "Port of the page",
    type: ArgumentType.INT,
    defaultValue: 8550,
  })
  .addOption({
    name: "rpcPort",
    description: "Port of the JSON-RPC server of a simulated network",
    type: ArgumentType.INT,
    defaultValue: 8545,
  })
  .setAction(() => import("./node.ts"))
  .build();

export const guardedDeployTask = overrideTask(["ignition", "deploy"])
  .setAction(() => import("./guarded-deploy.ts"))
  .build();
