// The dialect of MTN MoMo: which path is which API, and what stands before it.
#pragma once

#include "protocols/kit/cached.h"
#include "protocols/kit/dialect.h"
#include "protocols/kit/route_table.h"
#include "protocols/mtn/call.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mtn {

/// What a request has to bring beside its subscription key.
enum class Door : std::uint8_t { key, basic, token };

/// One API: behind the product's name in the path ("cdr": collection, disbursement, remittance), or
/// for "" without one.
struct Route {
    std::string_view method;
    std::string_view products;
    std::string_view path;
    protocols::Answer (*answer)(const CallPtr& call) = nullptr;
    Kind kind{};
    Door door = Door::token;
};
std::span<const Route> routes();

/// All of MTN MoMo's APIs; see protocols/mtn/README.md for paths and behaviour.
class MtnAdapter final : public protocols::ListedAdapter {
public:
    MtnAdapter();

    protocols::Answer handle(const http::HttpRequest& request,
                             const protocols::Context& context) const override;
    std::vector<protocols::OfferedCall> calls(const protocols::Directory& directory) const override;
    std::optional<InputError> misspelt_word(const http::HttpRequest& request) const override;
    http::HttpReply too_many_requests(const http::HttpRequest& request) const override;
    std::optional<std::string> address(const core::Effect& effect,
                                       const protocols::Context& context) const override;
    std::optional<protocols::Callback> render(const core::Effect& effect,
                                              const protocols::Context& context) const override;
    protocols::Verdict judge(const core::Effect& effect,
                             const protocols::CallbackResult& result) const override;

private:
    std::shared_ptr<const Options> options(const protocols::Directory& directory) const;

    protocols::Cached<Options> options_;
};

}  // namespace tuma::mtn
