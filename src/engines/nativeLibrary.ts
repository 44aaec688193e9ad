/** Opens libraries of C functions. */
// Calls them without code to be compiled: it has binaries for each system that onnxruntime-node has.
import koffi, { type LibraryHandle } from 'koffi';

/** ONNX Runtime is written for a thread's usual stack, and looks through deep networks by recursion; koffi's calls have 128 KiB and 2 MiB by default. */
const STACK_BYTES = 16 * 2 ** 20;

let isConfigured = false;

/**
 * @param file null: what this process has loaded, the C library among it
 * @throws Error when there is no such library, or it does not suit this system
 */
export function openLibrary(file: string | null): LibraryHandle {
  // koffi takes no other stacks once it has loaded a library.
  if (!isConfigured) koffi.config({ ...koffi.config(), async_stack_size: STACK_BYTES, sync_stack_size: STACK_BYTES });
  isConfigured = true;
  return koffi.load(file);
}
