import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "dist", "artifacts", "cache", "types", "coverage", "programs/**/target"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    // AssemblyScript looks like TypeScript, but the types are its own.
    ignores: ["programs/**", "plugin/zero/kernels/assembly/**"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-unused-expressions": "off",
      // What overrides a method may use parameters that the method itself does not.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["plugin/zero/kernels/assembly/**"],
    // A type parameter may only choose the instance of a generic function.
    rules: { "@typescript-eslint/no-unused-vars": "off" },
  },
);
