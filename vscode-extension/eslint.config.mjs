import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["build/", "dist/", "bundled/", "node_modules/", "sample/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // A command's or an event's handler may be async: VS Code awaits the former, and the latter's errors are caught inside.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      curly: "error",
      eqeqeq: "error",
    },
  },
  // node:test waits for its tests by itself.
  { files: ["test/unit/**"], rules: { "@typescript-eslint/no-floating-promises": "off" } },
  { files: ["**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
