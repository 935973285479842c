import {defineConfig} from 'vite';

// Names are fixed, so that a build is the same everywhere and two branches conflict in few files. Nothing is inlined: the page's
// content security policy refuses inline scripts and styles.
export default defineConfig({
  resolve: {alias: {'react/jsx-runtime': 'preact/jsx-runtime', 'react-dom': 'preact/compat', react: 'preact/compat'}},
  build: {
    target: 'es2023',
    cssTarget: 'chrome130',
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      onwarn: (w, warn) => w.code === 'MODULE_LEVEL_DIRECTIVE' || warn(w), // "use client" means nothing here
      output: {
        entryFileNames: 'app.js',
        chunkFileNames: '[name].js',
        assetFileNames: (a) => (a.names.some((n) => n.endsWith('.css')) ? 'app.css' : '[name][extname]'),
      },
    },
    cssCodeSplit: false,
  },
});
