// Builds the element, its worker and the pages. File names have no hashes: the agent embeds the files by name, and pages link
// to them by name.
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    outDir: 'dist',
    target: 'es2022',
    modulePreload: false,
    sourcemap: false,
    // The pages' policy blocks workers in data: URLs.
    assetsInlineLimit: 0,
    rollupOptions: {
      preserveEntrySignatures: 'allow-extension',
      input: { 'callback-preview': 'src/callback-preview.ts', page: 'src/page.ts', try: 'src/try.ts' },
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
  worker: { format: 'es', rollupOptions: { output: { entryFileNames: '[name].js' } } },
});
