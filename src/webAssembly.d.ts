/** What is used of WebAssembly; TypeScript describes the rest only among a browser's things. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface SharedMemory {
    readonly buffer: SharedArrayBuffer;
  }
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  const Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => SharedMemory;
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
  const Instance: new (
    module: Module,
    imports?: Readonly<Record<string, Readonly<Record<string, SharedMemory>>>>,
  ) => { readonly exports: object };
}
