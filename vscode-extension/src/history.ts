/**
 * The instructions of before, the latest first, each once. Values only.
 */

const KEPT = 50;

export function remember(history: readonly string[], instruction: string): string[] {
  return [instruction, ...history.filter((it) => it !== instruction)].slice(0, KEPT);
}
