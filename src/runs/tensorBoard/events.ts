/** The part of TensorBoard's events (tensorflow's event.proto, summary.proto) that we write. Field numbers are the format's. */
import protobuf from 'protobufjs';

const field = (id: number, type: string, rule?: 'repeated') => ({ id, type, ...(rule && { rule }) });

const root = protobuf.Root.fromJSON({
  nested: {
    Event: {
      // As one of several, a value is written even when it is 0 or empty.
      oneofs: { what: { oneof: ['fileVersion', 'summary', 'sessionLog'] } },
      fields: {
        wallTime: field(1, 'double'),
        step: field(2, 'int64'),
        fileVersion: field(3, 'string'),
        summary: field(5, 'Summary'),
        sessionLog: field(7, 'SessionLog'),
      },
    },
    SessionLog: { fields: { status: field(1, 'int32') } },
    Summary: { fields: { value: field(1, 'Value', 'repeated') } },
    Value: {
      oneofs: { what: { oneof: ['simpleValue', 'image'] } },
      fields: { tag: field(1, 'string'), simpleValue: field(2, 'float'), image: field(4, 'Image') },
    },
    Image: {
      fields: {
        height: field(1, 'int32'),
        width: field(2, 'int32'),
        colorspace: field(3, 'int32'),
        encodedImageString: field(4, 'bytes'),
      },
    },
  },
});
const EventMessage = root.lookupType('Event');

interface Scalar {
  readonly tag: string;
  readonly simpleValue: number;
}
interface ImageValue {
  readonly tag: string;
  /** `colorspace` is the number of channels, `encodedImageString` a PNG. */
  readonly image: {
    readonly height: number;
    readonly width: number;
    readonly colorspace: number;
    readonly encodedImageString: Uint8Array;
  };
}

export type TensorBoardEvent = {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
} & (
  | { readonly fileVersion: string }
  | { readonly sessionLog: { readonly status: number } }
  | { readonly summary: { readonly value: readonly (Scalar | ImageValue)[] } }
);

export const encodeEvent = (event: TensorBoardEvent): Uint8Array =>
  EventMessage.encode(EventMessage.fromObject(event)).finish();
