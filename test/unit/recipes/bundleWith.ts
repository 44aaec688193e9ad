/** Bundles of this program in which some source files have other contents, as when somebody followed a recipe. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import esbuild, { type BuildOptions, type Plugin } from 'esbuild';
import { onTestFinished } from 'vitest';

/** What one file of the sources becomes: each text is replaced once. */
export type Change = readonly (readonly [from: string, to: string])[];

/**
 * @param changes by the file's path below the root; a file that is not there, or does not have the text, fails the test
 * @returns the folder of the bundles, which goes when the test is over
 */
export async function bundleWith(
  changes: Readonly<Record<string, Change>>,
  entryPoints: Readonly<Record<string, string>>,
  options: BuildOptions,
): Promise<string> {
  // Below the root, where Node finds the packages that are not bundled.
  mkdirSync('build', { recursive: true });
  const outdir = mkdtempSync(resolve('build', 'recipe-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  const plugins = [...(options.plugins ?? []), changed(changes)];
  await esbuild.build({ ...options, entryPoints, outdir, plugins });
  return outdir;
}

function changed(changes: Readonly<Record<string, Change>>): Plugin {
  const byPath = new Map(Object.entries(changes).map(([file, change]) => [resolve(file), change]));
  return {
    name: 'changed',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const change = byPath.get(path);
        if (change === undefined) return undefined;
        return {
          contents: change.reduce((text, one) => replaced(text, one, path), readFileSync(path, 'utf8')),
          loader: 'ts',
        };
      });
    },
  };
}

function replaced(text: string, [from, to]: Change[number], path: string): string {
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  return text.replace(from, to);
}

/** For an import in a changed file. */
export const sourceOf = (file: string): string => JSON.stringify(join(import.meta.dirname, file));
