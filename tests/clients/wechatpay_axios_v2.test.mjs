// wechatpay-axios-plugin 0.9.6, as published: API v2, signed with MD5 and with HMAC-SHA256.
import assert from 'node:assert/strict';
import { createDecipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { dayInBeijing, startReceiver, startSwitch } from './switch.mjs';

const { Wechatpay, Hash, Transformer } = createRequire(import.meta.url)('wechatpay-axios-plugin');

const taken = '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>';

let tuma;
let shop;
let facts;
let client;

before(async () => {
  tuma = await startSwitch('wechatpay-axios-plugin');
  shop = await startReceiver(() => [200, taken]);
  facts = tuma.facts('wechat.json');
  client = new Wechatpay({
    mchid: facts.mchid,
    serial: facts.serial_no,
    privateKey: readFileSync(facts.private_key_file),
    certs: { [facts.platform_serial]: readFileSync(facts.platform_certificate_file) },
    secret: facts.v2_key,
    baseURL: tuma.http,
  });
});
after(async () => {
  await shop.stop();
  await tuma.stop();
});

const common = (type) => ({ appid: facts.appid, mch_id: facts.mchid, ...(type === 'MD5' ? {} : { sign_type: type }) });

// How the library refuses what has an err_code.
const refused = (code) => ({ response }) => response.data.err_code === code;

for (const type of ['MD5', 'HMAC-SHA256']) {
  const number = `V2-${type}`;

  test(`v2, ${type}: order, payment, verified notice, orderquery`, async () => {
    const order = { ...common(type), body: '测试商品 <A&B>', out_trade_no: number, total_fee: 10000,
      spbill_create_ip: '127.0.0.1', notify_url: `${shop.url}/${number}`, trade_type: 'NATIVE', attach: 'a & b' };
    const { data } = await client.v2.pay.unifiedorder.post(order);
    assert.match(data.code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
    assert.equal(data.appid, facts.appid);
    assert.equal(data.mch_id, facts.mchid);
    assert.equal(data.sign.length, type === 'MD5' ? 32 : 64);
    const early = await client.v2.pay.orderquery.post({ ...common(type), out_trade_no: number });
    assert.equal(early.data.trade_state, 'NOTPAY');
    await tuma.pass('5s');

    const told = shop.at(`/${number}`);
    assert.equal(told.length, 1);
    const notice = Transformer.toObject(told[0].body);
    const { sign, ...signed } = notice;
    assert.ok(Hash.equals(Hash.sign(type, signed, facts.v2_key), sign));
    assert.equal(notice.return_code, 'SUCCESS');
    assert.equal(notice.result_code, 'SUCCESS');
    assert.equal(notice.total_fee, '10000');
    assert.equal(notice.attach, 'a & b');

    const { data: paid } = await client.v2.pay.orderquery.post({ ...common(type), transaction_id: notice.transaction_id });
    assert.equal(paid.trade_state, 'SUCCESS');
    assert.equal(paid.out_trade_no, number);
    assert.equal(paid.time_end, notice.time_end);
    await assert.rejects(client.v2.pay.unifiedorder.post(order), refused('ORDERPAID'));
    await assert.rejects(client.v2.pay.closeorder.post({ ...common(type), out_trade_no: number }), refused('ORDERPAID'));
  });

  test(`v2, ${type}: refund, its notice decrypted, refundquery`, async () => {
    const refund = { ...common(type), out_trade_no: number, out_refund_no: `${number}-R`, total_fee: 10000, refund_fee: 4000,
      notify_url: `${shop.url}/${number}-R` };
    const { data } = await client.v2.secapi.pay.refund.post(refund, { security: true });
    assert.equal(data.refund_fee, '4000');
    const again = await client.v2.secapi.pay.refund.post(refund, { security: true });
    assert.equal(again.data.refund_id, data.refund_id);
    const early = await client.v2.pay.refundquery.post({ ...common(type), out_refund_no: `${number}-R` });
    assert.equal(early.data.refund_status_0, 'PROCESSING');
    await tuma.pass('5s');

    const told = shop.at(`/${number}-R`);
    assert.equal(told.length, 1);
    const outer = Transformer.toObject(told[0].body);
    assert.equal(outer.return_code, 'SUCCESS');
    const key = createHash('md5').update(facts.v2_key).digest('hex');
    const decipher = createDecipheriv('aes-256-ecb', key, null);
    const plaintext = decipher.update(outer.req_info, 'base64', 'utf8') + decipher.final('utf8');
    const inner = Transformer.toObject(plaintext);
    assert.equal(inner.refund_status, 'SUCCESS');
    assert.equal(inner.refund_id, data.refund_id);
    assert.equal(inner.refund_fee, '4000');

    const { data: found } = await client.v2.pay.refundquery.post({ ...common(type), out_trade_no: number });
    assert.equal(found.refund_count, '1');
    assert.equal(found.refund_id_0, data.refund_id);
    assert.equal(found.refund_status_0, 'SUCCESS');
    assert.equal(found.refund_success_time_0, inner.success_time);
    await assert.rejects(client.v2.secapi.pay.refund.post({ ...refund, out_refund_no: `${number}-S`, refund_fee: 7000 },
      { security: true }), refused('INVALID_REQUEST'));
  });

  test(`v2, ${type}: payments by code, a password, a reversal`, async () => {
    const code = (ending, authCode) => ({ ...common(type), body: 'x', out_trade_no: `${number}-${ending}`, total_fee: 100,
      spbill_create_ip: '127.0.0.1', auth_code: authCode });
    const { data } = await client.v2.pay.micropay.post(code('C1', type === 'MD5' ? '130061098828009406' : '130061098828009407'));
    assert.equal(data.trade_type, 'MICROPAY');
    assert.equal(data.cash_fee, '100');
    await assert.rejects(client.v2.pay.micropay.post(code('C2', '139999999999990007')), refused('USERPAYING'));
    await tuma.pass('10s');
    const paid = await client.v2.pay.orderquery.post({ ...common(type), out_trade_no: `${number}-C2` });
    assert.equal(paid.data.trade_state, 'SUCCESS');
    await assert.rejects(client.v2.pay.micropay.post(code('C3', '139999999999990008')), refused('AUTHCODEEXPIRE'));
    const reversed = await client.v2.secapi.pay.reverse.post({ ...common(type), out_trade_no: `${number}-C1` },
      { security: true });
    assert.equal(reversed.data.recall, 'N');
    const revoked = await client.v2.pay.orderquery.post({ ...common(type), out_trade_no: `${number}-C1` });
    assert.equal(revoked.data.trade_state, 'REVOKED');
  });
}

test('v2: an order made in v2 is the same in v3', async () => {
  const { data } = await client.v3.pay.transactions.outTradeNo['{number}']
    .get({ params: { mchid: facts.mchid }, number: 'V2-MD5' });
  assert.equal(data.trade_state, 'REFUND');
  assert.equal(data.amount.total, 10000);
});

test('v2: a wrong key, and the platform\'s sandbox', async () => {
  const stranger = new Wechatpay({
    mchid: facts.mchid, serial: facts.serial_no, privateKey: readFileSync(facts.private_key_file),
    certs: { [facts.platform_serial]: readFileSync(facts.platform_certificate_file) },
    secret: 'x'.repeat(32), baseURL: tuma.http,
  });
  await assert.rejects(stranger.v2.pay.orderquery.post({ ...common('MD5'), out_trade_no: 'V2-MD5' }),
    ({ response }) => response.data.return_msg === '签名错误，请检查后再试');
  const { data } = await client.v2.xdc.apiv2getsignkey.sign.getsignkey.post({ mch_id: facts.mchid });
  assert.equal(data.sandbox_signkey, facts.v2_key);
  await assert.rejects(client.v2.xdc.apiv2sandbox.pay.orderquery.post({ ...common('MD5'), out_trade_no: 'V2-MD5' },
    { headers: { 'Wechatpay-Negative-Test': 'SYSTEMERROR' } }), refused('SYSTEMERROR'));
});

test('v2: an unpaid order is closed, and the bill of the day has those that were paid', async () => {
  const order = { ...common('MD5'), body: 'x', out_trade_no: 'V2-CLOSED', total_fee: 100, spbill_create_ip: '127.0.0.1',
    notify_url: `${shop.url}/V2-CLOSED`, trade_type: 'NATIVE' };
  await client.v2.pay.unifiedorder.post(order);
  await client.v2.pay.closeorder.post({ ...common('MD5'), out_trade_no: 'V2-CLOSED' });
  const { data } = await client.v2.pay.orderquery.post({ ...common('MD5'), out_trade_no: 'V2-CLOSED' });
  assert.equal(data.trade_state, 'CLOSED');
  const day = dayInBeijing(await tuma.now()).replaceAll('-', '');
  // Bills are there from ten in the morning of the next day on.
  await tuma.pass('34h');
  const bill = await client.v2.pay.downloadbill.post({ ...common('MD5'), bill_date: day, bill_type: 'ALL' },
    { transformResponse: [(text) => text] });
  assert.match(bill.data, /`V2-MD5,/);
  assert.doesNotMatch(bill.data, /V2-CLOSED/);
});
