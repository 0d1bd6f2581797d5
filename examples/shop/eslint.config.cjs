const security = require("eslint-plugin-security");

module.exports = [
  { files: ["web/**/*.js"], ...security.configs.recommended },
  { files: ["web/**/*.js"], rules: { eqeqeq: "warn", "no-eval": "error", "no-unused-vars": "warn" } },
];
