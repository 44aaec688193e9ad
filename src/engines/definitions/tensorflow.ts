import { type FormTimes, formTimes, TIMED_FORMS } from '../tensorflow/forms.js';
import { type EngineDefinition, indented, MendableError, milliseconds } from './definition.js';

/** Programs whose times are shown. */
const SHOWN_FORMS = 5;

export const tensorflow: EngineDefinition = {
  open: async ({ precision = 'float32' }) => {
    const { openTensorFlowEngine } = await import('../tensorflow/engine.js');
    const { LoadedOtherwise } = await import('../tensorflow/load.js');
    try {
      return openTensorFlowEngine({ precision });
    } catch (error) {
      if (!(error instanceof LoadedOtherwise)) throw error;
      throw new MendableError(error.message, 'start it in another process, or use the engine onnx');
    }
  },
  fix: 'run `dino engines install tensorflow` (in VS Code the command “DINO: Install TensorFlow Engine”), or use the engine onnx',
  report: async ({ version }) => {
    const forms = Object.values(formTimes());
    return { values: { forms }, lines: linesOfForms(forms, version) };
  },
  memories: [TIMED_FORMS],
};

function linesOfForms(forms: readonly FormTimes[], version: string): string[] {
  const title = indented('XLA');
  if (forms.length > 0) return forms.slice(-SHOWN_FORMS).map((times) => title + describeForms(times));
  if (version.includes('gpu'))
    return [`${title}a program is timed with it and as a plain graph when it first runs; the faster one is kept`];
  return [
    `${title}not used: on a processor it compiles for longer than most runs win by it, so programs run as plain graphs; DINO_TENSORFLOW_XLA=1 uses it`,
  ];
}

function describeForms({ program, plain, xla }: FormTimes): string {
  if (typeof xla === 'string') return `cannot compile a ${program} here, which runs as a plain graph: ${xla}`;
  const isFaster = xla <= plain;
  return `${isFaster ? 'used' : 'not used'} for a ${program}: ${milliseconds(xla)}, ${milliseconds(plain)} as a plain graph`;
}
