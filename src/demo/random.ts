/** Repeatable pseudo-random draws: the same labels give the same sequence on every machine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, limit). */
  int(limit: number): number;
  /** A number in [low, high). */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Picks by weight: `[["often", 3], ["seldom", 1]]`. */
  weigh<T>(list: readonly (readonly [T, number])[]): T;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
}

/** Opens the sequence that belongs to these labels, such as a seed and what is drawn with it. */
export function createRandom(...labels: readonly (string | number)[]): Random {
  const next = createSfc32(hashLabels(labels.join('\u0000')));
  const random: Random = {
    next,
    int: (limit) => Math.floor(next() * limit),
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)]!,
    weigh: (list) => {
      let left = next() * list.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of list) {
        left -= weight;
        if (left < 0) return value;
      }
      return list.at(-1)![0];
    },
    hex: (length) => {
      let text = '';
      while (text.length < length) {
        text += Math.floor(next() * 0x100000000)
          .toString(16)
          .padStart(8, '0');
      }
      return text.slice(0, length);
    },
  };
  return random;
}

/** Four 32-bit words from a text (the public-domain cyrb128 mixing). */
function hashLabels(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/** Chris Doty-Humphrey's sfc32 generator (public domain), warmed up. */
function createSfc32([a, b, c, counter]: [number, number, number, number]): () => number {
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i += 1) next();
  return next;
}
