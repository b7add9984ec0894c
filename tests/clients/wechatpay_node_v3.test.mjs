// wechatpay-node-v3 2.2.1, as published, at the address that it has built in; callbacks are verified and
// decrypted by its own functions.
import assert from 'node:assert/strict';
import { createHash, createVerify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { lead, morningInBeijing, provision, startReceiver, startSwitch } from './switch.mjs';

const Pay = createRequire(import.meta.url)('wechatpay-node-v3');

// The second is given a part of the first one's sales.
const merchants = ['1900000109', '1900000110'].map((mchid) => `
[[wechat.merchant]]
mchid = "${mchid}"
appids = ["wxd678efh567hg6787"]
apiv3_key = "0123456789abcdef0123456789abcdef"
operating_balance = 1000000
`).join('');

let tuma;
let shop;
let facts;
let pay;
let firstDay;

before(async () => {
  tuma = await startSwitch('wechatpay-node-v3', provision(merchants));
  shop = await startReceiver(() => [200, '{"code":"SUCCESS"}']);
  facts = tuma.facts('wechat.json');
  lead(tuma);
  pay = new Pay({
    appid: facts.appid,
    mchid: facts.mchid,
    publicKey: readFileSync(facts.certificate_file),
    privateKey: readFileSync(facts.private_key_file),
    key: facts.apiv3_key,
  });
  firstDay = await morningInBeijing(tuma);
});
after(async () => {
  await shop.stop();
  await tuma.stop();
});

const order = (number, total, more = {}) => ({
  description: '测试商品',
  out_trade_no: number,
  notify_url: `${shop.url}/${number}`,
  amount: { total, currency: 'CNY' },
  ...more,
});
const done = ({ status, data, error }, wanted = 200) => {
  assert.equal(status, wanted, error);
  return data;
};

// The one callback to this path, verified and decrypted as the package's page says.
async function opened(path) {
  const all = shop.at(path);
  assert.equal(all.length, 1, `one callback at ${path}`);
  const { headers, body } = all[0];
  const signed = {
    timestamp: headers['wechatpay-timestamp'],
    nonce: headers['wechatpay-nonce'],
    serial: headers['wechatpay-serial'],
    signature: headers['wechatpay-signature'],
    body,
  };
  assert.equal(await pay.verifySign(signed), true);
  assert.equal(await pay.verifySign({ ...signed, body: body.replace('{', '{ ') }), false);
  const event = JSON.parse(body);
  const { ciphertext, associated_data: associated, nonce } = event.resource;
  return { event, resource: pay.decipher_gcm(ciphertext, associated, nonce) };
}

// An order that is paid by now, with what the callback says.
async function paid(number, total, more) {
  done(await pay.transactions_native(order(number, total, more)));
  await tuma.pass('5s');
  return opened(`/${number}`);
}

// What a phone is handed was signed with the merchant's key.
function assertSigned(lines, signature) {
  const verify = createVerify('RSA-SHA256').update([...lines, ''].join('\n'));
  assert.ok(verify.verify(readFileSync(facts.certificate_file), signature, 'base64'));
}

test('the merchant\'s serial is read out of its certificate', () => {
  assert.equal(pay.getSN().toUpperCase(), facts.serial_no);
});

test('native order, query in between, payment, callback, query', async () => {
  const before = await tuma.balance(facts.mchid);
  const { code_url: url } = done(await pay.transactions_native(order('NODE-NATIVE-1', 10000)));
  assert.match(url, /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
  assert.equal(done(await pay.query({ out_trade_no: 'NODE-NATIVE-1' })).trade_state, 'NOTPAY');
  await tuma.pass('5s');
  const { event, resource } = await opened('/NODE-NATIVE-1');
  assert.equal(event.event_type, 'TRANSACTION.SUCCESS');
  assert.equal(resource.amount.total, 10000);
  assert.deepEqual(done(await pay.query({ transaction_id: resource.transaction_id })), resource);
  // 0.6 % are the platform's.
  assert.equal(await tuma.balance(facts.mchid) - before, 9940);
});

test('refund, its callback, its query', async () => {
  const refund = {
    out_trade_no: 'NODE-NATIVE-1',
    out_refund_no: 'NODE-REFUND-1',
    reason: '退货',
    notify_url: `${shop.url}/NODE-REFUND-1`,
    amount: { refund: 4000, total: 10000, currency: 'CNY' },
  };
  assert.equal(done(await pay.refunds(refund)).status, 'PROCESSING');
  await tuma.pass('5s');
  const { event, resource } = await opened('/NODE-REFUND-1');
  assert.equal(event.event_type, 'REFUND.SUCCESS');
  assert.equal(resource.amount.refund, 4000);
  assert.equal(done(await pay.find_refunds('NODE-REFUND-1')).status, 'SUCCESS');
  const over = await pay.refunds({ ...refund, out_refund_no: 'NODE-REFUND-2', amount: { ...refund.amount, refund: 6001 } });
  assert.equal(over.status, 400);
  assert.equal(done(await pay.query({ out_trade_no: 'NODE-NATIVE-1' })).trade_state, 'REFUND');
});

test('jsapi and app: what the phone is handed is signed; h5 has an address', async () => {
  const jsapi = done(await pay.transactions_jsapi(order('NODE-JSAPI-1', 1, { payer: { openid: facts.openid } })));
  assert.match(jsapi.package, /^prepay_id=wx\w{34}$/);
  assertSigned([jsapi.appId, jsapi.timeStamp, jsapi.nonceStr, jsapi.package], jsapi.paySign);
  const app = done(await pay.transactions_app(order('NODE-APP-1', 1)));
  assert.match(app.prepayid, /^wx\w{34}$/);
  assertSigned([app.appid, app.timestamp, app.noncestr, app.prepayid], app.sign);
  const h5 = done(await pay.transactions_h5(order('NODE-H5-1', 1,
    { scene_info: { payer_client_ip: '14.23.150.211', h5_info: { type: 'Wap', app_name: 'shop' } } })));
  assert.match(h5.h5_url, /^https:\/\/wx\.tenpay\.com\//);
});

test('an unpaid order is closed; a paid one is not, and one that nobody has made is not found', async () => {
  done(await pay.transactions_native(order('NODE-CLOSE-1', 1)));
  done(await pay.close('NODE-CLOSE-1'), 204);
  assert.equal(done(await pay.query({ out_trade_no: 'NODE-CLOSE-1' })).trade_state, 'CLOSED');
  const late = await pay.close('NODE-NATIVE-1');
  assert.deepEqual([late.status, JSON.parse(late.error).code], [400, 'ORDER_PAID']);
  const unknown = await pay.query({ out_trade_no: 'NODE-NOBODY-1' });
  assert.deepEqual([unknown.status, JSON.parse(unknown.error).code], [404, 'ORDER_NOT_EXIST']);
});

test('combined orders: all four ways, paid and told of at once, closed', async () => {
  const sub = (number, total) => ({ mchid: facts.mchid, attach: number, out_trade_no: number, description: 'part',
    amount: { total_amount: total, currency: 'CNY' } });
  const combined = (number, more = {}) => ({ combine_out_trade_no: number, notify_url: `${shop.url}/${number}`,
    sub_orders: [sub(`${number}-A`, 3000), sub(`${number}-B`, 2000)], ...more });
  const payer = { combine_payer_info: { openid: facts.openid } };
  const scene = { scene_info: { payer_client_ip: '14.23.150.211', h5_info: { type: 'Wap' } } };

  done(await pay.combine_transactions_native(combined('NODE-COMBINE-1')));
  await tuma.pass('5s');
  const { resource } = await opened('/NODE-COMBINE-1');
  assert.deepEqual(resource.sub_orders.map((one) => one.amount.total_amount), [3000, 2000]);
  assert.deepEqual(done(await pay.combine_query('NODE-COMBINE-1')), resource);

  const jsapi = done(await pay.combine_transactions_jsapi(combined('NODE-COMBINE-2', payer)));
  assertSigned([jsapi.appId, jsapi.timeStamp, jsapi.nonceStr, jsapi.package], jsapi.paySign);
  const app = done(await pay.combine_transactions_app(combined('NODE-COMBINE-3')));
  assertSigned([app.appid, app.timestamp, app.noncestr, app.prepayid], app.sign);
  assert.ok(done(await pay.combine_transactions_h5(combined('NODE-COMBINE-4', scene))).h5_url);

  const parts = ['A', 'B'].map((part) => ({ mchid: facts.mchid, out_trade_no: `NODE-COMBINE-4-${part}` }));
  done(await pay.combine_close('NODE-COMBINE-4', parts), 204);
});

test('the platform\'s certificates; what is sealed for it, and for the merchant', async () => {
  const [{ serial_no: serial, publicKey }] = await pay.get_certificates(facts.apiv3_key);
  assert.equal(serial, facts.platform_serial);
  assert.match(pay.publicEncrypt('张三', publicKey), /^[A-Za-z0-9+/]+=*$/);
  assert.equal(pay.privateDecrypt(pay.publicEncrypt('张三', readFileSync(facts.certificate_file))), '张三');
});

test('profit sharing: receivers, their parts, what waits, what comes back, the rest', async () => {
  const [{ publicKey }] = await pay.get_certificates(facts.apiv3_key);
  const sealed = { wx_serial_no: facts.platform_serial };
  const person = { type: 'PERSONAL_OPENID', account: facts.openid };
  const partner = { type: 'MERCHANT_ID', account: '1900000110' };
  const receivers = [[person, 'STAFF', '张三'], [partner, 'PARTNER', '商户']];
  for (const [receiver, relation, name] of receivers)
    done(await pay.profitsharing_receivers_add(
      { ...receiver, ...sealed, relation_type: relation, name: pay.publicEncrypt(name, publicKey) }));

  const { resource } = await paid('NODE-SHARE-1', 10000, { settle_info: { profit_sharing: true } });
  // Money can be shared a minute after the payment.
  await tuma.pass('1m');
  const { transaction_id: transaction } = resource;
  // 0.6 % are gone before anything is shared.
  assert.equal(done(await pay.query_profitsharing_amounts(transaction)).unsplit_amount, 9940);
  const before = await tuma.balance(facts.openid);
  const part = (receiver, amount) => ({ ...receiver, amount, description: 'part' });
  const sharing = done(await pay.create_profitsharing_orders({ ...sealed, transaction_id: transaction,
    out_order_no: 'NODE-SHARING-1', receivers: [part(person, 100), part(partner, 200)], unfreeze_unsplit: false }));
  assert.equal(sharing.state, 'PROCESSING');
  await tuma.pass('5s');
  const shared = done(await pay.query_profitsharing_orders(transaction, 'NODE-SHARING-1'));
  assert.equal(shared.state, 'FINISHED');
  assert.deepEqual(shared.receivers.map(({ result }) => result), ['SUCCESS', 'SUCCESS']);
  assert.equal(await tuma.balance(facts.openid) - before, 100);

  done(await pay.profitsharing_return_orders({ out_order_no: 'NODE-SHARING-1', out_return_no: 'NODE-RETURN-1',
    return_mchid: partner.account, amount: 200, description: 'back' }));
  await tuma.pass('5s');
  const returned = done(await pay.query_profitsharing_return_orders('NODE-RETURN-1', 'NODE-SHARING-1'));
  assert.deepEqual([returned.result, returned.amount], ['SUCCESS', 200]);

  done(await pay.profitsharing_orders_unfreeze(
    { transaction_id: transaction, out_order_no: 'NODE-SHARING-2', description: 'rest' }));
  await tuma.pass('5s');
  assert.equal(done(await pay.query_profitsharing_amounts(transaction)).unsplit_amount, 0);
  done(await pay.profitsharing_receivers_delete(person));
});

test('a batch of transfers: made, found by either number, each of its transfers too', async () => {
  const [{ publicKey }] = await pay.get_certificates(facts.apiv3_key);
  const detail = (number, amount, name) => ({ out_detail_no: number, transfer_amount: amount, transfer_remark: 'test',
    openid: facts.openid, ...(name ? { user_name: pay.publicEncrypt(name, publicKey) } : {}) });
  const before = await tuma.balance(facts.openid);
  const made = done(await pay.batches_transfer({ out_batch_no: 'NODEBATCH1', batch_name: 'test', batch_remark: 'test',
    total_amount: 500, total_num: 2, wx_serial_no: facts.platform_serial,
    transfer_detail_list: [detail('NODEDETAIL1', 300), detail('NODEDETAIL2', 200, '张三')] }));
  assert.equal(made.out_batch_no, 'NODEBATCH1');
  await tuma.pass('1m');
  const asked = { need_query_detail: true, detail_status: 'ALL' };
  const byNumber = done(await pay.query_batches_transfer_list({ out_batch_no: 'NODEBATCH1', ...asked }));
  const byId = done(await pay.query_batches_transfer_list_wx({ batch_id: made.batch_id, ...asked }));
  assert.deepEqual(byNumber, byId);
  assert.equal(byId.transfer_batch.batch_status, 'FINISHED');
  const [{ detail_id: id }] = byId.transfer_detail_list.filter((one) => one.out_detail_no === 'NODEDETAIL1');
  const one = done(await pay.query_batches_transfer_detail_wx({ batch_id: made.batch_id, detail_id: id }));
  assert.deepEqual(done(await pay.query_batches_transfer_detail({ out_batch_no: 'NODEBATCH1', out_detail_no: 'NODEDETAIL1' })), one);
  assert.equal(one.detail_status, 'SUCCESS');
  assert.equal(await tuma.balance(facts.openid) - before, 500);
});

test('bills of the first day, downloaded from the address that they name', async () => {
  await tuma.pass('1d');
  const bills = [
    [await pay.tradebill({ bill_date: firstDay, bill_type: 'ALL' }), /NODE-NATIVE-1/],
    [await pay.fundflowbill({ bill_date: firstDay, account_type: 'BASIC' }), /退款/],
    [await pay.profitsharing_bills(firstDay), /NODE-SHARING-1/],
  ];
  for (const [asked, wanted] of bills) {
    const { hash_type: type, hash_value: hash, download_url: url } = done(asked);
    assert.equal(type, 'SHA1');
    assert.ok(url.startsWith('https://api.mch.weixin.qq.com/v3/billdownload/file?'), url);
    const text = done(await pay.downloadBill(url));
    assert.equal(createHash('sha1').update(text).digest('hex'), hash);
    assert.match(text, wanted);
  }
});

test('its own door for another address, createHttp, leads there as well', async () => {
  const asked = [];
  const { PayRequest } = createRequire(import.meta.url)('wechatpay-node-v3/dist/lib/pay-request');
  const own = new PayRequest();
  const at = (url) => { asked.push(url); return url.replace('https://api.mch.weixin.qq.com', tuma.http); };
  pay.createHttp({
    get: (url, headers) => own.get(at(url), headers),
    post: (url, body, headers) => own.post(at(url), body, headers),
  });
  assert.equal(done(await pay.query({ out_trade_no: 'NODE-NATIVE-1' })).trade_state, 'REFUND');
  assert.equal(asked.length, 1);
});
