/** The bytes of a WebAssembly module that the build compiles: `x.wasm` from the AssemblyScript in the folder `x`. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
