import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** React Aria has words in 34 languages; the pages have two, and those of the others are never asked for. */
const ownLanguages: Plugin = {
  name: 'own-languages',
  load: {
    filter: { id: /\/react-aria\/.*\/intl\/\w+\/(?!en-US|es-ES)[\w-]+\.mjs$/ },
    handler: () => "export { default } from './en-US.mjs';",
  },
};

/**
 * Which hours the clocks of each region have, of which messages speak with the `j` of a skeleton alone; no message does. Without
 * them the parser throws on such a message in the browser, and nowhere else.
 */
const noClocks: Plugin = {
  name: 'no-clocks',
  transform: {
    filter: { id: /\/@formatjs\/icu-messageformat-parser\/index\.js$/ },
    handler: (code) => code.replace(/(timeData = )\{.*?^\};/ms, '$1{};'),
  },
};

/** What reads a skeleton (`{count, number, ::percent}`), which no message has: the parser throws on one in the browser. */
const noSkeletons: Plugin = {
  name: 'no-skeletons',
  load: {
    filter: { id: /\/@formatjs\/icu-skeleton-parser\/index\.js$/ },
    handler: () =>
      ['parseDateTimeSkeleton', 'parseNumberSkeleton', 'parseNumberSkeletonFromString']
        .map((name) => `export const ${name} = undefined;`)
        .join('\n'),
  },
};

// Addresses are relative to the <base> of the page, which the server sets: the app can live below a path.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), ownLanguages, noClocks, noSkeletons],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    // the reference of the API is one piece of somebody else's
    chunkSizeWarningLimit: 1600,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'api-reference.html'].map((page) => join(import.meta.dirname, page)) },
  },
  // npx vite --config src/web/vite.config.ts, beside a running npm start
  server: { proxy: { '/api': 'http://127.0.0.1:8100', '/auth': 'http://127.0.0.1:8100' } },
});
