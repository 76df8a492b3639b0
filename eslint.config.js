// Decides what a linter may refuse here: the strict type-aware rules, and the size of files and functions. Layout is
// Prettier's alone; which folder may import which is `test/architecture.spec.ts`'s.
import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'var', 'coverage'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    // Scripts that Node runs as they are.
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        clearInterval: 'readonly',
        setInterval: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A Nest module says everything in its decorator, and a body that must be empty is an empty class.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      // Rows and views are plain objects in the shape of their class; nobody calls their constructors.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Explanations are full of amounts and days; what is null prints as such only in errors.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowNullish: true }],
      // The same rows are copied with a change or two, and a copy needs no prototype.
      '@typescript-eslint/no-misused-spread': 'off',
      // `if (done) return log('nothing to do')` is clear.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Only errors are rejected with; `prefer-promise-reject-errors` keeps it so.
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      // Nest validates a body by its parameter, read or not; `_` says that a place in a list is skipped.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 250 }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Answers are read by their documented shape; a wrong shape fails the test anyway.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // What goes wrong on the way into a message is seen in the message.
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      // `expect(mock.method)` and patched loaders never call it unbound.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  prettier,
);
