// mtn-momo 2.0.0, as published: all of its calls, by its own option and, unmodified, by HTTPS_PROXY.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { provision, startReceiver, startSwitch } from './switch.mjs';

const momo = createRequire(import.meta.url)('mtn-momo');

let tuma;
let shop;
let facts;

before(async () => {
  tuma = await startSwitch('mtn-momo');
  shop = await startReceiver();
  facts = tuma.facts('mtn-momo.json');
});
after(async () => {
  delete process.env.HTTPS_PROXY;
  await shop.stop();
  await tuma.stop();
});

const payment = (role, partyId, callbackUrl) => ({
  amount: '50',
  currency: 'EUR',
  externalId: '123',
  [role]: { partyIdType: 'MSISDN', partyId },
  payerMessage: 'm',
  payeeNote: 'n',
  ...(callbackUrl ? { callbackUrl } : {}),
});
const told = (path) => {
  const all = shop.at(path);
  assert.equal(all.length, 1, `one callback at ${path}`);
  return JSON.parse(all[0].body);
};

// A user of its own, then everything that the package can do.
async function useAll(options, path) {
  const { Users, Collections, Disbursements } = momo.create({ callbackHost: '127.0.0.1', ...options });
  const users = Users({ primaryKey: facts.collection_key });
  const userId = await users.create('127.0.0.1');
  const { apiKey } = await users.login(userId);
  assert.match(apiKey, /^[0-9a-f]{32}$/);

  const collections = Collections({ userId, userSecret: apiKey, primaryKey: facts.collection_key });
  const before = await collections.getBalance();
  assert.equal(before.currency, 'EUR');
  const reference = await collections.requestToPay(payment('payer', '56733123453', `${shop.url}${path}`));
  assert.equal((await collections.getTransaction(reference)).status, 'PENDING');
  await tuma.pass('10s');
  const paid = await collections.getTransaction(reference);
  assert.equal(paid.status, 'SUCCESSFUL');
  assert.match(paid.financialTransactionId, /^\d+$/);
  assert.deepEqual(told(path), paid);
  assert.equal(Number((await collections.getBalance()).availableBalance) - Number(before.availableBalance), 50);
  assert.deepEqual(await collections.isPayerActive('56733123453'), { result: true });

  const disbursements = Disbursements({ userId, userSecret: apiKey, primaryKey: facts.disbursement_key });
  const sent = await disbursements.transfer({
    ...payment('payee', '56733123453'),
    referenceId: randomUUID(),
  });
  await tuma.pass('10s');
  assert.equal((await disbursements.getTransaction(sent)).status, 'SUCCESSFUL');
  assert.equal((await disbursements.getBalance()).currency, 'EUR');
  assert.equal(await disbursements.isPayerActive('46733123451'), false);
  return { collections, userId, apiKey };
}

let collections;

test('everything, by base URL', async () => {
  ({ collections } = await useAll({ baseUrl: tuma.http }, '/paid'));
});

test('published numbers become the package\'s own errors', async () => {
  const rows = [
    ['46733123450', momo.InternalProcessingError],
    ['46733123451', momo.ApprovalRejectedError],
    ['46733123452', momo.ExpiredError],
    ['46733123455', momo.PayerNotFoundError],
    ['46733123456', momo.PayeeNotAllowedToReceiveError],
    ['46733123460', momo.InvalidCurrencyError],
  ];
  for (const [number, wanted] of rows) {
    const reference = await collections.requestToPay(payment('payer', number));
    await tuma.pass('10s');
    await assert.rejects(collections.getTransaction(reference), wanted, number);
  }
});

test('errors at once are the package\'s own too', async () => {
  await assert.rejects(collections.getTransaction(randomUUID()), momo.ResourceNotFoundError);
  await assert.rejects(
    collections.requestToPay({ ...payment('payer', '56733123453'), currency: 'USD' }), momo.InvalidCurrencyError);
  await assert.rejects(
    collections.requestToPay(payment('payer', '56733123453', 'http://127.0.0.2/cb')),
    momo.InvalidCallbackUrlHostError);
});

test('everything, unmodified, by HTTPS_PROXY', async () => {
  process.env.HTTPS_PROXY = tuma.http;
  await useAll({}, '/paid-by-proxy');
});

test('a country instead of the sandbox: shillings, its tariff, its environment', async () => {
  delete process.env.HTTPS_PROXY;
  const user = { userId: facts.api_user, userSecret: facts.api_key, primaryKey: facts.collection_key };
  const uganda = await startSwitch('mtn-momo', '--schemes=mtn-uganda', provision(`
[mtn.options]
target_environment = "mtnuganda"
currency = "UGX"
scheme = "mtn-uganda"
[[mtn.user]]
id = "${user.userId}"
callback_host = "127.0.0.1"
api_key = "${user.userSecret}"
[[mtn.subscription]]
key = "${user.primaryKey}"
products = ["collection"]
account = "shop"
`));
  try {
    const { Collections } = momo.create({
      callbackHost: '127.0.0.1', baseUrl: uganda.http, environment: 'mtnuganda' });
    const shopkeeper = Collections(user);
    const reference = await shopkeeper.requestToPay(
      { ...payment('payer', '256772123456'), amount: '5000', currency: 'UGX' });
    await uganda.pass('10s');
    assert.equal((await shopkeeper.getTransaction(reference)).status, 'SUCCESSFUL');
    // 2 % are the price of collections.
    assert.deepEqual(await shopkeeper.getBalance(), { availableBalance: '4900', currency: 'UGX' });
    await assert.rejects(shopkeeper.requestToPay(payment('payer', '256772123456')), momo.InvalidCurrencyError);
  } finally {
    await uganda.stop();
  }
});
