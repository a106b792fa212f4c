// A reporter for `node --test`: one JSON line for each test, with its file, its line and the titles around it.
//
// Must not know Patchwire, and must run on node 18.15.

export default async function* reporter(source) {
  const titles = [];
  const said = new Map(); // what a file wrote to stderr: why it could not be loaded, as a rule
  let tests = 0;
  for await (const { type, data } of source) {
    if (type === "test:start") {
      titles[data.nesting] = data.name;
    }
    if (type === "test:stderr" && data.file) {
      said.set(data.file, ((said.get(data.file) ?? "") + data.message).slice(0, 8000));
    }
    if ((type !== "test:pass" && type !== "test:fail") || data.details?.type === "suite") {
      continue;
    }
    tests += 1;
    const error = data.details?.error;
    const cause = error?.cause ?? error;
    const own = data.nesting === 0 && data.name === data.file ? said.get(data.file) : undefined;
    const status = data.skip !== undefined || data.todo !== undefined ? "skip" : type.slice("test:".length);
    yield JSON.stringify({
      names: [...titles.slice(0, data.nesting), data.name],
      file: data.file ?? "",
      line: data.line ?? null,
      status,
      message: status === "fail" ? String(own ?? cause?.stack ?? cause ?? "").slice(0, 8000) : "",
      milliseconds: data.details?.duration_ms ?? 0,
    }) + "\n";
  }
  yield JSON.stringify({ tests }) + "\n";
}
