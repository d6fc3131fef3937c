/** Shows how far work is: a bar on a terminal, a line every ten seconds elsewhere. */
export function createProgress(output: NodeJS.WriteStream): {
  update: (done: number, total: number) => void;
  end: () => void;
} {
  const started = performance.now();
  let last = started;
  let shown = false;
  return {
    update: (done, total) => {
      const now = performance.now();
      if (!output.isTTY && now - last < 10_000) return;
      last = now;
      shown = output.isTTY;
      output.write(
        output.isTTY
          ? `\r\u001b[K${describe(done, total, now - started)}`
          : `${describe(done, total, now - started)}\n`,
      );
    },
    end: () => {
      if (shown) output.write('\r\u001b[K');
    },
  };
}

function describe(done: number, total: number, elapsedMs: number): string {
  const share = total === 0 ? 1 : done / total;
  const seconds = elapsedMs / 1000;
  const left = share === 0 ? '?' : `${Math.ceil(seconds / share - seconds)} s`;
  const bar = '#'.repeat(Math.round(share * 30)).padEnd(30, '.');
  return `[${bar}] ${Math.floor(share * 100)} %  ${megabytes(done)} of ${megabytes(total)} MB, ${megabytes(done / Math.max(seconds, 0.001))} MB/s, ${left} left`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
