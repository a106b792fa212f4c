/**
 * What must not be seen in a log, a trace or a report: keys, and who the user is.
 *
 * Values only.
 */

const KEY_FIELD = /("(?:key|api_?key|authorization)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;
const KEY_LIKE = /\b(?:sk|rk|pk|key|ghp|gho|xox[abp])[-_][A-Za-z0-9_-]{12,}/g;
const BEARER = /\b(Bearer\s+)[^\s"',;]+/gi;
const CREDENTIALS_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi;

/** The text without keys; `secrets` are texts that must go, whatever they look like. */
export function withoutKeys(text: string, secrets: readonly string[] = []): string {
  let clean = text.replace(KEY_FIELD, '$1"(key)"').replace(BEARER, "$1(key)").replace(KEY_LIKE, "(key)");
  clean = clean.replace(CREDENTIALS_IN_URL, "$1(credentials)@");
  for (const secret of secrets.filter((it) => it !== "")) {
    clean = clean.replaceAll(secret, "(key)").replaceAll(JSON.stringify(secret).slice(1, -1), "(key)");
  }
  return clean;
}

/** The text without keys and without the places where the user's files lie: `places` by what stands for them. */
export function redacted(text: string, places: Readonly<Record<string, string>>, secrets: readonly string[] = []): string {
  let clean = withoutKeys(text, secrets);
  const longestFirst = Object.entries(places).sort(([, a], [, b]) => b.length - a.length);
  for (const [name, place] of longestFirst.filter(([, it]) => it.length > 1)) {
    clean = clean.replaceAll(place, name);
  }
  return clean;
}
