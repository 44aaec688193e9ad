/** Errors that another process has to tell apart: each has a code, which travels beside its sentence. */
const ERROR_CODES = [
  /** The network has no block of that number. */
  'no-such-block',
  /** A file does not say how many attention heads its network has, or cannot have as many as were asked for. */
  'heads-unknown',
  /** An image, or another item of a data set, cannot be read. */
  'item-unreadable',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export class CodedError extends Error {
  constructor(
    message: string,
    readonly errorCode: ErrorCode,
  ) {
    super(message);
  }
}

export const isErrorCode = (value: unknown): value is ErrorCode => ERROR_CODES.some((code) => code === value);

export const errorCodeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof CodedError ? error.errorCode : undefined;
