/** The bytes of a WebAssembly module that the build compiles: `x.wasm` from the AssemblyScript in the folder `x`. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** What is used of it; TypeScript describes the rest only among a browser's things. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
  const Instance: new (module: Module) => { readonly exports: object };
}
