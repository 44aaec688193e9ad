// WebAssembly modules for the bundlers: `x.wasm` is compiled from the AssemblyScript in the folder `x` beside the importing file.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const importPath = /^\.{1,2}\/.*\.wasm$/;
const options = ['--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert', '--outFile', 'module.wasm'];

/**
 * @param {string} folder Its index.ts exports what the module exports.
 * @returns {Promise<Uint8Array>}
 * @throws Error with the compiler's messages.
 */
async function compileAssembly(folder) {
  /** @type {Uint8Array | undefined} */
  let compiled;
  const { error, stderr } = await asc.main([path.join(folder, 'index.ts'), ...options], {
    writeFile(_, contents) {
      if (typeof contents !== 'string') compiled = contents;
    },
  });
  if (error || !compiled) throw new Error(`${folder} does not compile: ${stderr.toString().trim() || error?.message}`);
  return compiled;
}

/**
 * The import gives the module's bytes.
 * @type {import('esbuild').Plugin}
 */
export const assemblyForEsbuild = {
  name: 'assembly',
  setup(build) {
    build.onResolve({ filter: importPath }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, name.replace(/\.wasm$/, '')),
      namespace: 'assembly',
    }));
    build.onLoad({ filter: /.*/, namespace: 'assembly' }, async ({ path: folder }) => ({
      contents: await compileAssembly(folder),
      loader: 'binary',
      watchDirs: [folder],
      watchFiles: readdirSync(folder).map((name) => path.join(folder, name)),
    }));
  },
};

/**
 * The same for vitest.
 * @type {import('vitest/config').ViteUserConfig['plugins'] extends (infer P)[] | undefined ? P : never}
 */
export const assemblyForVite = {
  name: 'assembly',
  enforce: 'pre',
  resolveId(name, importer) {
    if (!importer || !importPath.test(name)) return null;
    return `\0assembly:${path.resolve(path.dirname(importer), name.replace(/\.wasm$/, ''))}`;
  },
  async load(id) {
    if (!id.startsWith('\0assembly:')) return null;
    const bytes = await compileAssembly(id.slice('\0assembly:'.length));
    return `export default Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64');`;
  },
};
