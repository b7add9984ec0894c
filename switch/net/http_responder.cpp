#include "switch/net/http_responder.h"

#include "ledger/ensure.h"

namespace tuma::net {

void HttpResponder::answer(http::HttpReply reply) {
    ensure(deliver_ != nullptr, "a request is answered once");
    std::exchange(deliver_, nullptr)(std::move(reply));
}

void HttpResponder::drop() {
    if (deliver_ != nullptr) std::exchange(deliver_, nullptr)(std::nullopt);
}

}  // namespace tuma::net
