import { errorMessage } from '../../../errors/errorMessage.js';
import { fileErrorCode } from '../../../files/fileProblem.js';

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known: there may be no network',
  EAI_AGAIN: 'its name could not be looked up: there may be no network',
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'it has stopped answering',
  ENETUNREACH: 'there is no network',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted: NODE_EXTRA_CA_CERTS can name more authorities',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted: NODE_EXTRA_CA_CERTS can name more authorities',
};

/** Why `fetch` failed, in words for the middle of a sentence. It hides the reason in the error's cause. */
export function networkProblem(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = fileErrorCode(cause);
  return (code && WORDS[code]) ?? errorMessage(cause);
}
