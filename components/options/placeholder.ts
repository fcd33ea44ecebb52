/**
 * Texts that an example file or a guide left for the user to replace: `CHANGE_THIS_...`, `your_...`, `your-...`, `sk-your-...`,
 * `changeme`, `<...>` (guides 000 and 001, `.env` examples); the `your` ones also inside a URL, an address or an image reference.
 */
const placeholders: readonly RegExp[] = [
  /^change[-_ ]?(this|me)/i,
  /(^|[/@.:=])your[-_]/i,
  /(^|[/@.])yourdomain\b/i,
  /^sk-your-/i,
  /^<.*>$/,
];

/** Whether a value is one of the guides' samples (`CHANGE_THIS_...`, `your_...`, `sk-your-...`), which no option takes. */
export function isPlaceholder(text: string): boolean {
  return placeholders.some((pattern) => pattern.test(text));
}
