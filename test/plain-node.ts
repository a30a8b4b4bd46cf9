/**
 * Loaded by each process that runs test files. Hardhat starts these with a TypeScript loader in NODE_OPTIONS, which whatever tests start
 * would inherit: commands and projects must work with what Node does by itself.
 */
delete process.env["NODE_OPTIONS"];
