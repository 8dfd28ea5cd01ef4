// Builds the element, its worker and the pages. Names have no hashes: the agent embeds the files, and npm users write them.
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    outDir: 'dist',
    target: 'es2022',
    modulePreload: false,
    sourcemap: false,
    // A worker in a data: URL would be refused by the pages' policy.
    assetsInlineLimit: 0,
    rollupOptions: {
      preserveEntrySignatures: 'allow-extension',
      input: { 'callback-preview': 'src/callback-preview.ts', page: 'src/page.ts', try: 'src/try.ts' },
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
  worker: { format: 'es', rollupOptions: { output: { entryFileNames: '[name].js' } } },
});
