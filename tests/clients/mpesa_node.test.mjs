// mpesa-node 0.1.3, as published: all of its ten calls, and the callbacks that they cause.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { startReceiver, startSwitch } from './switch.mjs';

const Mpesa = createRequire(import.meta.url)('mpesa-node');

let tuma;
let shop;
let mpesa;

before(async () => {
  tuma = await startSwitch('mpesa-node');
  shop = await startReceiver();
  const facts = tuma.facts('mpesa.json');
  mpesa = new Mpesa({
    consumerKey: facts.consumer_key,
    consumerSecret: facts.consumer_secret,
    environment: 'sandbox',
    shortCode: '600000',
    initiatorName: facts.initiator,
    lipaNaMpesaShortCode: facts.shortcode,
    lipaNaMpesaShortPass: facts.passkey,
    securityCredential: facts.initiator_password,
    certPath: facts.certificate_file,
  });
  mpesa.baseURL = tuma.http;
});
after(async () => {
  await shop.stop();
  await tuma.stop();
});

const json = (one) => JSON.parse(one.body);
const result = (path) => {
  const all = shop.at(path);
  assert.equal(all.length, 1, `one result at ${path}`);
  return json(all[0]).Result;
};
const parameters = (outcome) => Object.fromEntries(
  outcome.ResultParameters.ResultParameter.map(({ Key, Value }) => [Key, Value]));
const accepted = ({ data }) => {
  assert.equal(data.ResponseCode, '0');
  assert.match(data.ConversationID, /^AG_\d{8}_[0-9a-f]{20}$/);
  return data;
};

let receipt;

test('oauth gives a token of 28 characters that lives for a text of seconds', async () => {
  const { data } = await mpesa.oAuth();
  assert.match(data.access_token, /^[A-Za-z0-9]{28}$/);
  assert.equal(data.expires_in, '3599');
});

test('a wrong secret is 400 without a body', async () => {
  const wrong = new Mpesa({ consumerKey: 'a', consumerSecret: 'b' });
  wrong.baseURL = tuma.http;
  await assert.rejects(wrong.oAuth(), ({ response }) => response.status === 400 && response.data === '');
});

test('M-Pesa Express: prompt, query in flight, callback, query afterwards, money', async () => {
  const before = await tuma.balance('174379');
  const { data } = await mpesa.lipaNaMpesaOnline(254708374149, 10, `${shop.url}/stk`, 'ACC-1');
  assert.equal(data.ResponseCode, '0');
  assert.match(data.CheckoutRequestID, /^ws_CO_\d{14}\d{0,3}708374149$/);
  const early = await mpesa.lipaNaMpesaQuery(data.CheckoutRequestID);
  assert.equal(early.data.ResultCode, '4999');
  await tuma.pass('10s');
  const { Body } = json(shop.at('/stk')[0]);
  assert.equal(Body.stkCallback.ResultCode, 0);
  assert.equal(Body.stkCallback.CheckoutRequestID, data.CheckoutRequestID);
  const items = Object.fromEntries(Body.stkCallback.CallbackMetadata.Item.map(({ Name, Value }) => [Name, Value]));
  assert.equal(items.Amount, 10);
  assert.equal(items.PhoneNumber, 254708374149);
  assert.match(items.MpesaReceiptNumber, /^[A-Z]{2}[0-9A-V][0-9A-Z]{7}$/);
  receipt = items.MpesaReceiptNumber;
  const late = await mpesa.lipaNaMpesaQuery(data.CheckoutRequestID);
  assert.equal(late.data.ResultCode, '0');
  assert.equal(late.data.ResponseDescription, 'The service request has been accepted successsfully');
  assert.equal(await tuma.balance('174379') - before, 1000);
});

test('C2B: addresses are registered, a payment is confirmed, the number is hashed', async () => {
  const registered = await mpesa.c2bRegister(`${shop.url}/confirmation`, `${shop.url}/validation`, '600000');
  assert.equal(registered.data.ResponseDescription.toLowerCase(), 'success');
  assert.ok('OriginatorCoversationID' in registered.data);
  const { data } = await mpesa.c2bSimulate(254708374149, 25, 'INV-1');
  assert.equal(data.ResponseDescription, 'Accept the service request successfully.');
  await tuma.pass('10s');
  const told = json(shop.at('/confirmation')[0]);
  assert.equal(told.TransAmount, '25.00');
  assert.equal(told.BillRefNumber, 'INV-1');
  assert.match(told.MSISDN, /^[0-9a-f]{64}$/);
  assert.equal(shop.at('/validation').length, 0);
});

test('B2C: a person is paid, the result has the documented parameters', async () => {
  accepted(await mpesa.b2c(600000, 254708374149, 100, `${shop.url}/timeout`, `${shop.url}/b2c`));
  await tuma.pass('10s');
  const outcome = result('/b2c');
  assert.equal(outcome.ResultCode, 0);
  const values = parameters(outcome);
  assert.equal(values.TransactionAmount, 100);
  assert.equal(values.B2CRecipientIsRegisteredCustomer, 'Y');
  assert.equal(shop.at('/timeout').length, 0);
});

test('a wrong initiator password is told by the result, not by HTTP', async () => {
  const credential = mpesa.configs.securityCredential;
  mpesa.configs.securityCredential = 'wrong';
  accepted(await mpesa.b2c(600000, 254708374149, 100, `${shop.url}/timeout`, `${shop.url}/b2c-wrong`));
  mpesa.configs.securityCredential = credential;
  await tuma.pass('10s');
  const outcome = result('/b2c-wrong');
  assert.equal(outcome.ResultCode, 2001);
  assert.ok(!('ResultParameters' in outcome));
});

test('B2B: one business pays another', async () => {
  accepted(await mpesa.b2b(600000, 600984, 500, `${shop.url}/timeout`, `${shop.url}/b2b`));
  await tuma.pass('10s');
  assert.equal(Number(result('/b2b').ResultCode), 0);
});

test('account balance: every account, joined as Daraja joins them', async () => {
  accepted(await mpesa.accountBalance(600000, 4, `${shop.url}/timeout`, `${shop.url}/balance`));
  await tuma.pass('10s');
  const { AccountBalance } = parameters(result('/balance'));
  assert.match(AccountBalance, /^Working Account\|KES\|[\d.]+\|[\d.]+\|[\d.]+\|[\d.]+&/);
  assert.match(AccountBalance, /&Charges Paid Account\|KES\|-?[\d.]+\|/);
});

test('transaction status: of the payment by M-Pesa Express', async () => {
  accepted(await mpesa.transactionStatus(receipt, 174379, 4, `${shop.url}/timeout`, `${shop.url}/status`));
  await tuma.pass('10s');
  const values = parameters(result('/status'));
  assert.equal(values.ReceiptNo, receipt);
  assert.equal(values.TransactionStatus, 'Completed');
});

test('reversal: the money goes back, once', async () => {
  const before = await tuma.balance('254708374149');
  accepted(await mpesa.reversal(receipt, 10, `${shop.url}/timeout`, `${shop.url}/reversal`, 174379));
  await tuma.pass('10s');
  assert.equal(Number(result('/reversal').ResultCode), 0);
  assert.equal(await tuma.balance('254708374149') - before, 1000);
  accepted(await mpesa.reversal(receipt, 10, `${shop.url}/timeout`, `${shop.url}/again`, 174379));
  await tuma.pass('10s');
  assert.equal(result('/again').ResultCode, 'R000001');
});
