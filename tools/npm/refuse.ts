/** `prepack` of the workspaces: npm would pack TypeScript, which Node does not run inside node_modules. */
console.error(
  'npm pack and npm publish do not work here: these are sources. In the root folder, npm run pack:npm writes the packages to dist/npm, and npm publish dist/npm/NAME-VERSION.tgz publishes one.',
);
process.exitCode = 1;
