// How custom-elements.json is made: from the element alone, without what is private, and with the path of the built file.
export default {
  globs: ['src/callback-preview.ts'],
  litelement: true,
  // Otherwise the analyzer writes to package.json.
  packagejson: false,
  plugins: [
    {
      name: 'published',
      packageLinkPhase({ customElementsManifest: manifest }) {
        for (const module of manifest.modules) {
          module.path = 'dist/callback-preview.js';
          module.exports = [
            { kind: 'js', name: 'CallbackPreview', declaration: { name: 'CallbackPreview' } },
            { kind: 'custom-element-definition', name: 'callback-preview', declaration: { name: 'CallbackPreview' } },
          ];
          for (const declaration of module.declarations) {
            declaration.members = declaration.members?.filter(({ name, privacy, static: isStatic }) => privacy === undefined && !isStatic && !/^(?:render|willUpdate|connectedCallback|scheduleUpdate)$/.test(name));
            for (const { type } of declaration.members ?? []) {
              if (type !== undefined) type.text = type.text.replace('FactsInput', 'string | ArrayBuffer | Uint8Array | object');
            }
            // The constructor's and the base class's events are no part of the interface.
            declaration.events = declaration.events?.filter(({ name }) => name === 'callback-built');
          }
        }
      },
    },
  ],
};
