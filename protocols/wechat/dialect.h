// WeChat Pay's row in the list of dialects.
#pragma once

#include "protocols/kit/dialect.h"

namespace tuma::wechat {

extern const protocols::DialectInfo dialect;

}  // namespace tuma::wechat
