import { ResponseError } from 'vscode-jsonrpc/node';
import { type ErrorCode, errorCodeOf, isErrorCode } from '../errors/codedError.js';

/** The code of an error that the child answered with, or that arose here. */
export function answeredCode(error: unknown): ErrorCode | undefined {
  const code: unknown = error instanceof ResponseError ? error.data : errorCodeOf(error);
  return isErrorCode(code) ? code : undefined;
}
