// mpesapay 3.2.6, as published, at the address that it has built in: all of its calls by HTTPS_PROXY, and
// the callbacks that they cause, read by its own functions.
import assert from 'node:assert/strict';
import { constants, publicEncrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import MpesaPay, { FormatAccountBalance, FormatBusinessToCustomer, FormatPaymentData } from 'mpesapay';

import { startReceiver, startSwitch, trust } from './switch.mjs';

let tuma;
let shop;
let facts;
let mpesa;

// What the package leaves to its user: the initiator's password, sealed for the certificate.
const sealed = (password) => publicEncrypt(
  { key: readFileSync(facts.certificate_file), padding: constants.RSA_PKCS1_PADDING }, Buffer.from(password)).toString('base64');
const shopOf = ({ secret = facts.consumer_secret, password = facts.initiator_password } = {}) => new MpesaPay(facts.consumer_key,
  secret, facts.shortcode, facts.passkey, 'ACC-1', 'test', '600000', sealed(password), facts.initiator);

before(async () => {
  tuma = await startSwitch('mpesapay');
  shop = await startReceiver();
  facts = tuma.facts('mpesa.json');
  trust(tuma);
  process.env.HTTPS_PROXY = tuma.http;
  mpesa = shopOf();
});
after(async () => {
  delete process.env.HTTPS_PROXY;
  await shop.stop();
  await tuma.stop();
});

const told = (path) => {
  const all = shop.at(path);
  assert.equal(all.length, 1, `one callback at ${path}`);
  return JSON.parse(all[0].body);
};
const accepted = (data) => {
  assert.equal(data.ResponseCode, '0');
  assert.match(data.ConversationID, /^AG_\d{8}_[0-9a-f]{20}$/);
};

test('a token; nothing for a wrong secret, and no prompt either', async () => {
  assert.match(await mpesa.AccessToken(), /^[A-Za-z0-9]{28}$/);
  const wrong = shopOf({ secret: 'wrong' });
  assert.equal(await wrong.AccessToken(), null);
  assert.equal(await wrong.stkPush(10, 254708374149, `${shop.url}/never`), null);
});

test('M-Pesa Express: prompt, callback, money', async () => {
  const before = await tuma.balance('174379');
  const data = await mpesa.stkPush(10, 254708374149, `${shop.url}/stk`);
  assert.equal(data.ResponseCode, '0');
  assert.match(data.CheckoutRequestID, /^ws_CO_\d{14}\d{0,3}708374149$/);
  await tuma.pass('10s');
  const callback = told('/stk');
  assert.equal(callback.Body.stkCallback.CheckoutRequestID, data.CheckoutRequestID);
  const { status, resultCode, data: payment } = FormatPaymentData(callback);
  assert.deepEqual([status, resultCode, payment.Amount, payment.PhoneNumber], ['success', 0, 10, 254708374149]);
  assert.match(payment.MpesaReceiptNumber, /^[A-Z]{2}[0-9A-V][0-9A-Z]{7}$/);
  assert.match(String(payment.TransactionDate), /^20\d{12}$/);
  assert.equal(await tuma.balance('174379') - before, 1000);
});

test('M-Pesa Express: a customer who cancels, one without money, one who meets a failure', async () => {
  const rows = [
    [254700001032, { status: 'canceled', message: 'Canceled transaction', resultCode: 1032 }],
    [254700001001, { status: 'canceled', message: 'Canceled transaction', resultCode: 1 }],
    [254700001017, { status: 'failed', message: 'Unable to process', resultCode: 17 }],
  ];
  for (const [number, wanted] of rows) {
    await mpesa.stkPush(10, number, `${shop.url}/${number}`);
    await tuma.pass('10s');
    assert.deepEqual(FormatPaymentData(told(`/${number}`)), wanted);
  }
});

let receipt;

test('B2C: a person is paid, the result is read', async () => {
  const before = await tuma.balance('254708374149');
  accepted(await mpesa.business2Customer(100, 254708374149, 'salary', `${shop.url}/b2c`));
  await tuma.pass('10s');
  const { status, resultCode, data } = FormatBusinessToCustomer(told('/b2c'));
  assert.deepEqual([status, resultCode, data.TransactionAmount, data.B2CRecipientIsRegisteredCustomer],
    ['success', 0, '100', 'Y']);
  assert.match(data.ReceiverPartyPublicName, /^254708374149 - /);
  assert.ok(Object.values(data).every((text) => typeof text === 'string' && text !== ''));
  receipt = data.TransactionReceipt;
  assert.equal(await tuma.balance('254708374149') - before, 10000);
});

test('B2C: the result of a wrong password has no parameters, which the package does not expect', async () => {
  accepted(await shopOf({ password: 'wrong' }).business2Customer(100, 254708374149, 'salary', `${shop.url}/b2c-wrong`));
  await tuma.pass('10s');
  assert.equal(told('/b2c-wrong').Result.ResultCode, 2001);
  assert.throws(() => FormatBusinessToCustomer(told('/b2c-wrong')), TypeError);
});

test('transaction status: of the payment to a person', async () => {
  accepted(await mpesa.transactionStatus(receipt, `${shop.url}/status`));
  await tuma.pass('10s');
  const { Result } = told('/status');
  assert.equal(Result.ResultCode, 0);
  const values = Object.fromEntries(Result.ResultParameters.ResultParameter.map(({ Key, Value }) => [Key, Value]));
  assert.deepEqual([values.ReceiptNo, values.TransactionStatus], [receipt, 'Completed']);
});

test('account balance: every account, taken apart', async () => {
  accepted(await mpesa.accountBalance(`${shop.url}/balance`));
  await tuma.pass('10s');
  const { status, resultCode, accountBalances } = FormatAccountBalance(told('/balance'));
  assert.deepEqual([status, resultCode], ['success', 0]);
  const names = accountBalances.map((one) => one.accountName);
  assert.deepEqual(names.filter((name) => /^(Working|Utility|Charges Paid) Account$/.test(name)),
    ['Working Account', 'Utility Account', 'Charges Paid Account']);
  for (const one of accountBalances) {
    assert.equal(one.currency, 'KES');
    for (const amount of [one.balance, one.availableBalance, one.reservedAmount, one.unClearedBalance])
      assert.match(amount, /^-?\d+\.\d\d$/);
  }
});
