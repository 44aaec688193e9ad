type Bytes = Float32Array | Int32Array | Uint8Array | Uint8ClampedArray;

/** A buffer that holds the values and nothing else, for a message to a page. */
export const exactBuffer = (values: Bytes): ArrayBuffer =>
  values.buffer instanceof ArrayBuffer && values.byteLength === values.buffer.byteLength
    ? values.buffer
    : new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice().buffer;
