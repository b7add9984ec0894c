// A running switch for one test file: started, spoken to, stopped, audited.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, rootCertificates } from 'node:tls';

const tuma = process.env.TUMA;

// As many as /admin/requests lists at most.
const mostCalls = 200;

// `client` is the package whose calls are counted for the table in README.md.
export async function startSwitch(client, ...flags) {
  const data = mkdtempSync(join(tmpdir(), 'tuma-clients-'));
  const child = spawn(tuma, ['serve', `--data=${data}`, '--native=127.0.0.1:0', '--admin=127.0.0.1:0',
    '--http=127.0.0.1:0', '--https=127.0.0.1:0', '--clock=virtual', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const ready = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the switch ended with ${code}`)));
    child.stdout.on('data', (bytes) => {
      text += bytes;
      const line = text.match(/^ready .* admin=(\S+) http=(\S+) https=(\S+)$/m);
      if (line) resolve({ door: `http://${line[1]}`, http: `http://${line[2]}`, https: `https://${line[3]}` });
    });
  });
  const facts = (name) => JSON.parse(readFileSync(join(data, 'clients', name)));
  const admin = async (method, path, body) => {
    const token = readFileSync(join(data, 'admin-token'), 'utf8').trim();
    const reply = await fetch(`${ready.door}/admin/${path}`, {
      method,
      headers: { 'Tuma-Token': token, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await reply.json();
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  // What was asked and not refused, for scripts/client_table.py.
  const keepCalls = async () => {
    if (process.env.TUMA_CALLS === undefined) return;
    const { total, requests } = await admin('GET', `requests?count=${mostCalls}`);
    if (total > mostCalls) throw new Error(`${total} requests, of which only ${mostCalls} are listed`);
    const refused = await admin('GET', `requests?count=${mostCalls}&refused=yes`);
    const without = new Set(refused.requests.map(({ number }) => number));
    const calls = requests.filter(({ number, route }) => route !== '' && !without.has(number))
      .map(({ dialect, method, route }) => ({ dialect, method, path: route }));
    const { routes } = await admin('GET', 'routes');
    const file = join(mkdtempSync(join(process.env.TUMA_CALLS, 'run-')), 'calls.json');
    writeFileSync(file, JSON.stringify({ client, calls, routes }));
  };
  return {
    ...ready,
    data,
    facts,
    admin,
    pass: (by) => admin('POST', `clock/advance?by=${by}`),
    now: async () => new Date((await admin('GET', 'clock')).now),
    balance: async (identity) => (await admin('GET', `accounts/${identity}`)).balance,
    async stop() {
      try {
        await keepCalls();
      } finally {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }
      const audit = spawnSync(tuma, ['audit', `--data=${data}`], { encoding: 'utf8' });
      rmSync(data, { recursive: true });
      if (audit.status !== 0) throw new Error(`the books are not clean:\n${audit.stdout}`);
    },
  };
}

export const dayInBeijing = (time) => new Date(time.getTime() + 8 * 3600_000).toISOString().slice(0, 10);

// Lets time pass until ten in the morning in Beijing, so that no test is torn apart by midnight; gives the day.
export async function morningInBeijing(at) {
  const now = (await at.now()).getTime() / 1000;
  const morning = Math.ceil((now - 2 * 3600) / 86400) * 86400 + 2 * 3600;
  await at.pass(`${Math.ceil(morning - now)}s`);
  return dayInBeijing(await at.now());
}

// A provisioning file with this text, as a flag; it is gone when the process ends.
export function provision(text) {
  const folder = mkdtempSync(join(tmpdir(), 'tuma-provision-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const file = join(folder, 'provision.toml');
  writeFileSync(file, text);
  return `--provision=${file}`;
}

const authority = ({ data }) => readFileSync(join(data, 'tls', 'ca.pem'));

// Lets this process trust the switch's certificate, as NODE_EXTRA_CA_CERTS does from a start on.
export function trust(at) {
  https.globalAgent.options.ca = [...rootCertificates, authority(at)];
}

// Leads whatever is asked of real services' names over TLS to the switch, as a hosts file would.
export function lead(at) {
  const { hostname: host, port } = new URL(at.https);
  const ca = authority(at);
  // A class and not one agent: superagent makes an agent of this class for each request.
  class LeadingAgent extends https.Agent {
    createConnection(options) {
      return connect({ ...options, host, port, ca });
    }
  }
  https.globalAgent = new LeadingAgent();
}

// Receives callbacks; `answer(path, body)` gives [status, body] for each.
export async function startReceiver(answer = () => [200, '{"ResultCode":0,"ResultDesc":"Success"}']) {
  const received = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => { body += bytes; });
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body, method: request.method });
      const [status, text] = answer(request.url, body, request.headers);
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(text);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    received,
    at: (path) => received.filter((one) => one.path === path),
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}
