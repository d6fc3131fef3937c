import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Addresses are relative to the <base> of the page, which the server sets: the app can live below a path.
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // npx vite --config src/web/vite.config.ts, beside a running npm start
  server: { proxy: { '/api': 'http://127.0.0.1:8100', '/auth': 'http://127.0.0.1:8100' } },
});
