/** The graph's tensors that a session is fed with and asked for. */
export const tensorFlowNames = {
  /** Fed with a call's inputs. */
  input: (name: string) => `input/${name}:0`,
  /** A call's outputs. */
  output: (name: string) => `output/${name}:0`,
  /** Asking for it makes a call, whether or not the program has outputs. */
  called: 'called:0',
  /** Fed with state that lies outside, at each call. */
  outside: (name: string) => `outside/${name}:0`,
  /** Fed with the memory that a tensor is handed on in, at each call, which writes there. */
  memory: (place: number) => `memory/${place}:0`,
  /** A number that is handed on. */
  handedOn: (place: number) => `handed_on/${place}:0`,
  /** The state as it is. */
  state: (name: string) => `state/${name}/read:0`,
  /** Fed with a value for the state, ... */
  value: (name: string) => `value/${name}:0`,
  /** ... which asking for this puts there. */
  written: (name: string) => `written/${name}:0`,
  /** Asking for it makes the state what it was before the last call. */
  undone: 'undone:0',
  /** Of inputs that are sent ahead: asking for it, fed with them, puts them on the device for the next call. */
  sent: 'sent:0',
  /** The same while a call runs, which takes what was sent before: to be asked for together with it. */
  sentMeanwhile: 'sent_meanwhile:0',
} as const;

/** Of the node that gives the tensor. */
export const nodeName = (tensor: string): string => tensor.replace(/:0$/, '');
