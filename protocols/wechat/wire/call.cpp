#include "protocols/wechat/wire/call.h"

#include <algorithm>
#include <utility>

namespace tuma::wechat {

bool act_for(Call& call, std::string_view sub_mchid) {
    const auto& known = call.profile().sub_mchids;
    if (std::find(known.begin(), known.end(), sub_mchid) == known.end()) return false;
    MerchantPtr merchant = call.keys->merchant(call.context.directory, sub_mchid);
    if (merchant == nullptr) return false;
    call.partner = std::exchange(call.merchant, std::move(merchant));
    return true;
}

}  // namespace tuma::wechat
