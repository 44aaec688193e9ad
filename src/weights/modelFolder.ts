/** Which file to open for a model that is a folder, or one of several files that belong together. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileProblem } from '../files/fileProblem.js';

/** What Hugging Face's libraries call the weights of a model's folder, the first before the others. */
const NAMES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
] as const;
const CONFIG = 'config.json';
/** `model-00001-of-00002.safetensors` is a part of what `model.safetensors.index.json` lists. */
const PART = /^(.+)-\d{5}-of-(\d{5})\.([a-z]+)$/;

/**
 * @param path a file of weights, one of the parts of a model, or the folder of a model as Hugging Face's libraries save it
 * @returns the file to open: the list of the parts where there are several
 * @throws Error with one sentence that names the path
 */
export function weightsFileAt(path: string): string {
  if (isFolder(path)) return fileOfFolder(path);
  if (basename(path) === CONFIG) return fileOfFolder(dirname(path));
  const [, stem, count, ending] = PART.exec(basename(path)) ?? [];
  if (stem === undefined || Number(count) < 2) return path;
  const list = join(dirname(path), `${stem}.${ending}.index.json`);
  if (existsSync(list)) return list;
  throw new Error(
    `${path} is one of ${Number(count)} parts of a model: copy ${basename(list)}, which lists them and lies beside them where the model comes from, and all parts into one folder.`,
  );
}

function fileOfFolder(folder: string): string {
  const name = NAMES.find((name) => existsSync(join(folder, name)));
  if (name !== undefined) return join(folder, name);
  const found = readdirSync(folder).filter((name) => /\.(?:safetensors|bin|pth|pt|ckpt)$/.test(name));
  const [only, ...others] = found;
  // Parts without their list are said to be that.
  if (only !== undefined && found.every((name) => PART.test(name))) return weightsFileAt(join(folder, only));
  if (only !== undefined && others.length === 0) return join(folder, only);
  throw new Error(
    found.length === 0
      ? `${folder} holds no weights: it has none of ${NAMES.join(', ')}.`
      : `${folder} holds several files of weights (${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}): name one of them.`,
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`${path} cannot be read: ${fileProblem(error)}.`);
  }
}
