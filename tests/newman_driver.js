// Runs collections given on standard input with newman, or converts one as Bruno does; answers in JSON.
const [folder, mode] = process.argv.slice(2);
const fromCache = require("module").createRequire(`${folder}/package.json`);
const given = JSON.parse(require("fs").readFileSync(0, "utf-8"));

async function convert(collection) {
  const {postmanToBruno} = fromCache("@usebruno/converters");
  return postmanToBruno(collection);
}

function runOne({collection, environment, iterations, pause_ms}) {
  const newman = fromCache("newman");
  const seen = {requests: [], checks: [], console: []};
  return new Promise((resolve, reject) => {
    newman
      .run({collection, environment, iterationCount: iterations, delayRequest: pause_ms, reporters: [], timeoutRequest: 20000})
      .on("console", (error, one) => seen.console.push(one.messages.map(String).join(" ")))
      .on("request", (error, {item, request, response}) =>
        seen.requests.push({
          name: item.name,
          method: request.method,
          url: request.url.toString(),
          headers: Object.fromEntries(request.headers.all().map((one) => [one.key.toLowerCase(), one.value])),
          status: response ? response.code : 0,
          error: error ? String(error.message) : "",
        }))
      .on("assertion", (error, {item, assertion, skipped}) =>
        seen.checks.push({
          request: item.name,
          check: assertion,
          error: error ? String(error.message) : "",
          skipped: String(Boolean(skipped)),
        }))
      .on("done", (error, summary) => {
        if (error) { reject(error); return; }
        for (const one of summary.run.failures) {
          if (one.error.name !== "AssertionError") {
            seen.checks.push({request: one.source ? one.source.name : "", check: one.at, error: String(one.error.message), skipped: "false"});
          }
        }
        resolve(seen);
      });
  });
}

async function main() {
  if (mode === "bruno") { return convert(given); }
  const found = [];
  for (const one of given) { found.push(await runOne(one)); }
  return found;
}

main().then(
  (found) => process.stdout.write(JSON.stringify(found)),
  (error) => { console.error(error); process.exit(1); },
);
