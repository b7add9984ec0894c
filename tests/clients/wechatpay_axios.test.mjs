// wechatpay-axios-plugin 0.9.6, as published: API v3 with the platform's certificate and with its
// public key, and API v2.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { dayInBeijing, morningInBeijing, startReceiver, startSwitch } from './switch.mjs';

const { Wechatpay, Aes, Rsa, Formatter, Transformer } = createRequire(import.meta.url)('wechatpay-axios-plugin');

let tuma;
let shop;
let facts;
let byCertificate;
let byKey;
let shopStatus = 200;

// The clock of the merchant's machine stays what it is: signatures go by that.
const pass = (by) => tuma.pass(by);

let firstDay;

before(async () => {
  tuma = await startSwitch('wechatpay-axios-plugin');
  shop = await startReceiver(() => [shopStatus, '{"code":"SUCCESS"}']);
  facts = tuma.facts('wechat.json');
  const common = {
    mchid: facts.mchid,
    serial: facts.serial_no,
    privateKey: readFileSync(facts.private_key_file),
    secret: facts.v2_key,
    merchant: {},
    baseURL: tuma.http,
  };
  const certs = { [facts.platform_serial]: readFileSync(facts.platform_certificate_file) };
  firstDay = await morningInBeijing(tuma);
  byCertificate = new Wechatpay({ ...common, certs });
  byKey = new Wechatpay({
    ...common,
    certs: { [facts.public_key_id]: readFileSync(facts.public_key_file) },
    headers: { 'Wechatpay-Serial': facts.public_key_id },
  });
});
after(async () => {
  await shop.stop();
  await tuma.stop();
});

const order = (number, total, more = {}) => ({
  appid: facts.appid,
  mchid: facts.mchid,
  description: '测试商品',
  out_trade_no: number,
  notify_url: `${shop.url}/${number}`,
  amount: { total, currency: 'CNY' },
  ...more,
});

// Verifies a callback as a merchant does and gives what it says.
function opened(told, serial, keyFile) {
  const { headers, body } = told;
  assert.equal(headers['wechatpay-serial'], serial);
  assert.equal(headers['wechatpay-signature-type'], 'WECHATPAY2-SHA256-RSA2048');
  const message = Formatter.joinedByLineFeed(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
  assert.ok(Rsa.verify(message, headers['wechatpay-signature'], readFileSync(keyFile)));
  const event = JSON.parse(body);
  assert.equal(event.resource.algorithm, 'AEAD_AES_256_GCM');
  const plaintext = Aes.AesGcm.decrypt(event.resource.ciphertext, facts.apiv3_key, event.resource.nonce,
    event.resource.associated_data);
  return { event, resource: JSON.parse(plaintext) };
}
const byPlatform = (told) => opened(told, facts.platform_serial, facts.platform_certificate_file);
const byPublicKey = (told) => opened(told, facts.public_key_id, facts.public_key_file);

// Each key mode: order, payment, callback, query, refund, bill.
for (const [mode, client, read] of [['certificate', () => byCertificate, byPlatform],
  ['public key', () => byKey, byPublicKey]]) {
  const name = mode === 'certificate' ? 'CERT' : 'PUBKEY';

  test(`v3, ${mode}: native order, payment, callback, query`, async () => {
    const before = await tuma.balance(facts.mchid);
    const { data } = await client().v3.pay.transactions.native.post(order(`${name}-0001`, 10000));
    assert.match(data.code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
    const early = await client().v3.pay.transactions.outTradeNo[`{number}`]
      .get({ params: { mchid: facts.mchid }, number: `${name}-0001` });
    assert.equal(early.data.trade_state, 'NOTPAY');
    assert.ok(!('transaction_id' in early.data));
    await pass('5s');
    const told = shop.at(`/${name}-0001`);
    assert.equal(told.length, 1);
    // Callbacks are signed by the key with which the order's request was answered.
    const { event, resource } = read(told[0]);
    assert.equal(event.event_type, 'TRANSACTION.SUCCESS');
    assert.equal(resource.amount.payer_total, 10000);
    const { data: paid } = await client().v3.pay.transactions.id['{id}']
      .get({ params: { mchid: facts.mchid }, id: resource.transaction_id });
    assert.deepEqual(paid, resource);
    // 0.6 % are the platform's.
    assert.equal(await tuma.balance(facts.mchid) - before, 9940);
  });

  test(`v3, ${mode}: refund, its callback, its query`, async () => {
    const refund = { out_trade_no: `${name}-0001`, out_refund_no: `${name}-R1`, reason: 'test',
      notify_url: `${shop.url}/${name}-R1`, amount: { refund: 4000, total: 10000, currency: 'CNY' } };
    const { data } = await client().v3.refund.domestic.refunds.post(refund);
    assert.equal(data.status, 'PROCESSING');
    const again = await client().v3.refund.domestic.refunds.post(refund);
    assert.equal(again.data.refund_id, data.refund_id);
    await pass('5s');
    const { event, resource } = read(shop.at(`/${name}-R1`)[0]);
    assert.equal(event.event_type, 'REFUND.SUCCESS');
    assert.equal(resource.refund_status, 'SUCCESS');
    assert.ok(!('currency' in resource.amount));
    const { data: done } = await client().v3.refund.domestic.refunds['{number}'].get({ number: `${name}-R1` });
    assert.equal(done.status, 'SUCCESS');
    const { data: paid } = await client().v3.pay.transactions.outTradeNo['{number}']
      .get({ params: { mchid: facts.mchid }, number: `${name}-0001` });
    assert.equal(paid.trade_state, 'REFUND');
  });
}

test('v3: jsapi, app and h5 orders; a page is opened with the id', async () => {
  const jsapi = await byCertificate.v3.pay.transactions.jsapi
    .post(order('JSAPI-0001', 1, { payer: { openid: facts.openid } }));
  assert.match(jsapi.data.prepay_id, /^wx\w{34}$/);
  const app = await byCertificate.v3.pay.transactions.app.post(order('APP-00001', 1));
  assert.match(app.data.prepay_id, /^wx\w{34}$/);
  const h5 = await byCertificate.v3.pay.transactions.h5.post(order('H5-000001', 1,
    { scene_info: { payer_client_ip: '14.23.150.211', h5_info: { type: 'Wap' } } }));
  assert.match(h5.data.h5_url, /^https:\/\/wx\.tenpay\.com\//);
});

test('v3: an unpaid order is closed with 204, twice; a paid one is not', async () => {
  await byCertificate.v3.pay.transactions.native.post(order('CLOSE-001', 1));
  const close = (number) => byCertificate.v3.pay.transactions.outTradeNo['{number}'].close
    .post({ mchid: facts.mchid }, { number });
  assert.equal((await close('CLOSE-001')).status, 204);
  assert.equal((await close('CLOSE-001')).status, 204);
  await assert.rejects(close('CERT-0001'), ({ response }) =>
    response.status === 400 && response.data.code === 'ORDER_PAID');
});

test('v3: certificates are decrypted to the one that has signed', async () => {
  const { data } = await byCertificate.v3.certificates.get();
  const { serial_no: serial, encrypt_certificate: sealed } = data.data[0];
  assert.equal(serial, facts.platform_serial);
  const pem = Aes.AesGcm.decrypt(sealed.ciphertext, facts.apiv3_key, sealed.nonce, sealed.associated_data);
  assert.equal(pem, readFileSync(facts.platform_certificate_file, 'utf8'));
});

test('v3: what is unknown, and what is not signed', async () => {
  await assert.rejects(byCertificate.v3.pay.transactions.outTradeNo['{number}'].get({ params: { mchid: facts.mchid }, number: 'NOBODY' }),
    ({ response }) => response.status === 404 && response.data.code === 'ORDER_NOT_EXIST');
  const reply = await fetch(`${tuma.http}/v3/certificates`);
  assert.equal(reply.status, 401);
  assert.equal((await reply.json()).code, 'SIGN_ERROR');
});

test('v3: a callback that is refused comes again, with the same id and another signature', async () => {
  shopStatus = 500;
  await byCertificate.v3.pay.transactions.native.post(order('RETRY-001', 1));
  await pass('10s');
  shopStatus = 200;
  await pass('1d');
  const told = shop.at('/RETRY-001').map((one) => ({ ...byPlatform(one), nonce: one.headers['wechatpay-nonce'] }));
  assert.equal(told.length, 2);
  assert.equal(told[0].event.id, told[1].event.id);
  assert.deepEqual(told[0].resource, told[1].resource);
  assert.notEqual(told[0].nonce, told[1].nonce);
});

test('v3: the trade bill of the first day adds up, plain and packed', async () => {
  const { data } = await byCertificate.v3.bill.tradebill.get({ params: { bill_date: firstDay, bill_type: 'ALL' } });
  assert.equal(data.hash_type, 'SHA1');
  assert.ok(data.download_url.startsWith(tuma.http));
  const file = await byCertificate.v3.billdownload.file.get(
    { params: Object.fromEntries(new URL(data.download_url).searchParams), responseType: 'arraybuffer' });
  const bytes = Buffer.from(file.data);
  assert.equal(createHash('sha1').update(bytes).digest('hex'), data.hash_value);
  const { rows, summary } = Formatter.castCsvBill(bytes);
  assert.equal(Number(summary['总交易单数']), rows.length);
  const of = (number) => rows.find((row) => row['商户订单号'] === number && row['交易状态'] === 'SUCCESS');
  assert.equal(of('CERT-0001')['订单金额'], '100.00');
  assert.equal(of('CERT-0001')['手续费'], '0.60000');
  assert.equal(of('CERT-0001')['费率'], '0.60%');
  const refund = rows.find((row) => row['商户退款单号'] === 'CERT-R1');
  assert.equal(refund['申请退款金额'], '40.00');
  assert.equal(refund['手续费'], '-0.24000');
  const sum = (column) => rows.reduce((total, row) => total + Math.round(Number(row[column]) * 100), 0);
  assert.equal(sum('订单金额'), Math.round(Number(summary['订单总金额']) * 100));
  assert.equal(sum('手续费'), Math.round(Number(summary['手续费总金额']) * 100));
  const packed = await byCertificate.v3.bill.tradebill
    .get({ params: { bill_date: firstDay, tar_type: 'GZIP' } });
  assert.equal(packed.data.hash_value, data.hash_value);
  const zipped = await byCertificate.v3.billdownload.file.get(
    { params: Object.fromEntries(new URL(packed.data.download_url).searchParams), responseType: 'arraybuffer' });
  assert.deepEqual(gunzipSync(Buffer.from(zipped.data)), bytes);
});

test('v3: the fund-flow bill ends with what the account held; today has no bill', async () => {
  const { data } = await byCertificate.v3.bill.fundflowbill.get({ params: { bill_date: firstDay } });
  const file = await byCertificate.v3.billdownload.file.get(
    { params: Object.fromEntries(new URL(data.download_url).searchParams), responseType: 'arraybuffer' });
  const { rows, summary } = Formatter.castCsvBill(Buffer.from(file.data));
  const fen = (text) => Math.round(Number(text) * 100);
  const flow = rows.reduce((total, row) =>
    total + (row['收支类型'] === '收入' ? 1 : -1) * fen(row['收支金额(元)']), 0);
  assert.equal(fen(rows.at(-1)['账户结余(元)']), flow);
  assert.equal(fen(summary['收入金额']) - fen(summary['支出金额']), flow);
  await assert.rejects(byCertificate.v3.bill.tradebill.get({ params: { bill_date: dayInBeijing(await tuma.now()) } }),
    ({ response }) => response.status === 400 && response.data.code === 'NO_STATEMENT_EXIST');
});

test('v3: combined orders are paid at once, told of once, refunded singly', async () => {
  const before = await tuma.balance(facts.mchid);
  const sub = (number, total) => ({ mchid: facts.mchid, attach: number, out_trade_no: number, description: 'part',
    amount: { total_amount: total, currency: 'CNY' } });
  const subs = [sub('COMB-PART1', 3000), sub('COMB-PART2', 2000)];
  const { data } = await byCertificate.v3.combineTransactions.native.post({ combine_appid: facts.appid,
    combine_mchid: facts.mchid, combine_out_trade_no: 'COMBINED-1', sub_orders: subs, notify_url: `${shop.url}/COMBINED-1` });
  assert.match(data.code_url, /^weixin:/);
  await pass('5s');
  const told = shop.at('/COMBINED-1');
  assert.equal(told.length, 1);
  const { resource } = byPlatform(told[0]);
  assert.deepEqual(resource.sub_orders.map((one) => one.amount.total_amount), [3000, 2000]);
  const query = await byCertificate.v3.combineTransactions.outTradeNo['{number}'].get({ number: 'COMBINED-1' });
  assert.deepEqual(query.data, resource);
  await assert.rejects(byCertificate.v3.pay.transactions.outTradeNo['{number}'].get({ params: { mchid: facts.mchid }, number: 'COMB-PART1' }),
    ({ response }) => response.data.code === 'ORDER_NOT_EXIST');
  const refund = await byCertificate.v3.refund.domestic.refunds.post({ out_trade_no: 'COMB-PART1', out_refund_no: 'COMB-R1',
    amount: { refund: 3000, total: 3000, currency: 'CNY' } });
  assert.equal(refund.data.status, 'PROCESSING');
  // 0.6 % of each part; the refund takes its own back.
  assert.equal(await tuma.balance(facts.mchid) - before, 2000 - 12);
});

test('v3: a person is paid, the name sealed for the platform; another transfer is cancelled', async () => {
  const sealed = Rsa.encrypt('张三', readFileSync(facts.public_key_file));
  const bill = (number, amount, name) => ({ appid: facts.appid, out_bill_no: number, transfer_scene_id: '1000',
    openid: facts.openid, user_name: name, transfer_amount: amount, transfer_remark: 'test',
    transfer_scene_report_infos: [{ info_type: '活动名称', info_content: 'test' }, { info_type: '奖励说明', info_content: 'test' }],
    notify_url: `${shop.url}/${number}` });
  const before = await tuma.balance(facts.openid);
  const { data } = await byKey.v3.fundApp.mchTransfer.transferBills.post(bill('BILL0001', 200000, sealed));
  assert.equal(data.state, 'WAIT_USER_CONFIRM');
  assert.ok(data.package_info);
  await byKey.v3.fundApp.mchTransfer.transferBills.post(bill('BILL0002', 100));
  const cancelled = await byKey.v3.fundApp.mchTransfer.transferBills.outBillNo['{number}'].cancel.post(undefined, { number: 'BILL0002' });
  assert.equal(cancelled.data.state, 'CANCELLED');
  await pass('5s');
  const { event, resource } = byPublicKey(shop.at('/BILL0001')[0]);
  assert.equal(event.event_type, 'MCHTRANSFER.BILL.FINISHED');
  assert.equal(resource.state, 'SUCCESS');
  const query = await byKey.v3.fundApp.mchTransfer.transferBills.transferBillNo['{number}'].get({ number: data.transfer_bill_no });
  assert.equal(query.data.state, 'SUCCESS');
  assert.equal(await tuma.balance(facts.openid) - before, 200000);
});

test('v3: a payment by code is made at once, and reversed', async () => {
  const code = (number, authCode) => ({ ...order(number, 100), notify_url: undefined, payer: { auth_code: authCode },
    scene_info: { device_ip: '127.0.0.1' } });
  const { data } = await byCertificate.v3.pay.transactions.codepay.post(code('CODE-0001', '130061098828009406'));
  assert.equal(data.trade_state, 'SUCCESS');
  assert.equal(data.trade_type, 'MICROPAY');
  await byCertificate.v3.pay.transactions.outTradeNo['{number}'].reverse
    .post({ appid: facts.appid, mchid: facts.mchid }, { number: 'CODE-0001' });
  const query = await byCertificate.v3.pay.transactions.outTradeNo['{number}'].get({ params: { mchid: facts.mchid }, number: 'CODE-0001' });
  assert.equal(query.data.trade_state, 'REVOKED');
  const asked = await byCertificate.v3.pay.transactions.codepay.post(code('CODE-0002', '139999999999990007'));
  assert.equal(asked.status, 202);
  await pass('10s');
  const paid = await byCertificate.v3.pay.transactions.outTradeNo['{number}'].get({ params: { mchid: facts.mchid }, number: 'CODE-0002' });
  assert.equal(paid.data.trade_state, 'SUCCESS');
  await assert.rejects(byCertificate.v3.pay.transactions.codepay.post(code('CODE-0003', '139999999999990001')),
    ({ response }) => response.status === 403 && response.data.code === 'NOT_ENOUGH');
});

test('v3: after a rotation the new certificate signs, and both are in the list', async () => {
  await fetch(`${tuma.http}/wechat/platform/rotate?at_once=1`, { method: 'POST' });
  await assert.rejects(byCertificate.v3.certificates.get());
  const list = await byKey.v3.certificates.get();
  assert.equal(list.data.data.length, 2);
});
