// A running switch for one test file: started, spoken to, stopped, audited.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const tuma = process.env.TUMA;

export async function startSwitch(...flags) {
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
  return {
    ...ready,
    data,
    facts,
    admin,
    pass: (by) => admin('POST', `clock/advance?by=${by}`),
    now: async () => new Date((await admin('GET', 'clock')).now),
    balance: async (identity) => (await admin('GET', `accounts/${identity}`)).balance,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      const audit = spawnSync(tuma, ['audit', `--data=${data}`], { encoding: 'utf8' });
      rmSync(data, { recursive: true });
      if (audit.status !== 0) throw new Error(`the books are not clean:\n${audit.stdout}`);
    },
  };
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
