// One HTTP request and its reply, waited for; for set-up.
#pragma once

#include "ledger/time.h"
#include "loadgen/http_stream.h"

#include <string_view>

namespace tuma::loadgen {

/// Sends the bytes of a request and waits for the reply. Throws ConnectionError when it does not
/// come in time or cannot be read.
HttpMessage call(HttpStream& stream, std::string_view request, Duration timeout);

}  // namespace tuma::loadgen
