#include "protocols/wechat/profiles/sandbox.h"

namespace tuma::wechat {

Merchant default_merchant() {
    Merchant merchant;
    // mchid and appid of the examples in WeChat Pay's documentation.
    merchant.mchid = "1900000109";
    merchant.name = "tuma sandbox";
    merchant.appids = {"wxd678efh567hg6787", "wx8888888888888888"};
    merchant.apiv3_key = "tumaSandboxApiV3Key0000000000001";
    merchant.v2_key = "tumaSandboxApiV2Key0000000000001";
    merchant.operating_balance = 100'000'000;
    return merchant;
}

}  // namespace tuma::wechat
