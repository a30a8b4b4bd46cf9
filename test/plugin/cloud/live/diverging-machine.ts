/** Loaded into a node before anything else (`--import` in NODE_OPTIONS): its machine stores something else than a program writes. */
import { StorageOverlay } from "../../../../plugin/cloud/runtime/storage-overlay.ts";

// Mocha loads every file of this folder, and its processes go on to others; they have no NODE_OPTIONS.
if (process.env["NODE_OPTIONS"]?.includes("diverging-machine") === true) {
  const { write } = StorageOverlay.prototype;
  StorageOverlay.prototype.write = function (key: Uint8Array, value: Uint8Array | undefined): void {
    write.call(
      this,
      key,
      value?.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte)),
    );
  };
}
