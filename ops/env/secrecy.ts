/** Words that make a name a secret's wherever they stand in it, and those that do as its last word: TMWS_API_KEY_EXPIRE_DAYS is none. */
const anywhere = ["SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS"];
const atTheEnd = ["KEY", "KEYS", "TOKEN", "DSN", "PASS", "PWD", "SALT"];

/** Shapes of secrets, whatever they are called. */
const shapes: readonly RegExp[] = [
  // Keys of OpenAI, Anthropic and Stripe; GitHub; GitLab; Slack; AWS.
  /\bsk[-_][A-Za-z0-9_-]{8,}/,
  /\b(gh[opsur]_|github_pat_|glpat-)[A-Za-z0-9_]{10,}/,
  /\bxox[a-z]-[A-Za-z0-9-]{8,}/,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  // A JSON web token, a private key, a URL with a password, or with a key alone as Sentry's.
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]*:[^\s/?#]+@/i,
  /^https?:\/\/[0-9a-f]{16,}@/i,
  /^https:\/\/hooks\.[a-z.]+\/\S+/i,
];

const hex = /^[0-9a-f]{32,}$/i;

/** Whether a variable is to be kept secret, by its name or by the shape of its value. */
export function isSecretVariable(name: string, value: string): boolean {
  return hasSecretName(name, value) || hasSecretShape(value) || hex.test(value);
}

/** Whether a text is a secret by its looks alone. */
export function hasSecretShape(value: string): boolean {
  return shapes.some((shape) => shape.test(value));
}

function hasSecretName(name: string, value: string): boolean {
  const words = name.toUpperCase().split(/[_.-]+/);
  const last = words.at(-1) ?? "";
  if (atTheEnd.includes(last) || anywhere.includes(last)) return true;
  // PASSWORD_MIN_LENGTH=12 speaks of passwords and is none.
  return words.some((word) => anywhere.includes(word)) && !/^(\d+(\.\d+)?|true|false)$/i.test(value);
}
