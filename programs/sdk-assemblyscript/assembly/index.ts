// SPDX-License-Identifier: MIT
// What an AssemblyScript program can call; docs/host-interface.md defines it. Only what is used ends up in the program,
// and one that uses nothing of storage, event, call and randomness runs in Nexus Zero too.

import * as storage from "./storage";

export { fail, log, readInput, readInputText, readPrivateInput, writeOutput, writeOutputText } from "./io";
export { Event, currentEvent } from "./event";
export { call, CallStatus, randomness } from "./outside";
export { storage };
