/** The page of a panel that does not exist. */
import '../../../../../webview/shared/localize.js';
import { errorCodeOf } from '../../../../../src/errors/codedError.js';
import { element, page } from '../../../../../webview/shared/element.js';
import { onMessage, request, start } from '../../../../../webview/shared/host.js';
import { askHalf, counted, countedSchema, numberSchema, pageReady } from '../protocol.js';

const half = (value: number): Promise<string> =>
  request(askHalf, numberSchema, value).then(
    (answer) => `half ${answer}`,
    (error: unknown) => `${errorCodeOf(error)}: ${error instanceof Error ? error.message : ''}`,
  );

onMessage(counted, countedSchema, ({ folder, count }) => {
  page().append(element('p', {}, `${folder}: ${count}`));
  void Promise.all([half(4), half(3)]).then((lines) => page().append(...lines));
});

start(pageReady);
