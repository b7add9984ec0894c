// The dialect of WeChat Pay: signatures, bodies; then the API that was asked for.
#pragma once

#include "protocols/kit/cached.h"
#include "protocols/kit/dialect.h"
#include "protocols/wechat/profiles/known_keys.h"
#include "protocols/wechat/wire/call.h"

#include <memory>
#include <optional>
#include <vector>

namespace tuma::wechat {

/// All of API v3 and v2; see protocols/wechat/README.md for paths and behaviour.
class WechatAdapter final : public protocols::ListedAdapter {
public:
    WechatAdapter();

    protocols::Answer handle(const http::HttpRequest& request,
                             const protocols::Context& context) const override;
    std::vector<protocols::OfferedCall> calls(const protocols::Directory& directory) const override;
    std::optional<protocols::Answer> carry_out(const core::Effect& effect,
                                               const protocols::Context& context) const override;
    std::optional<std::string> address(const core::Effect& effect,
                                       const protocols::Context& context) const override;
    std::optional<InputError> misspelt_word(const http::HttpRequest& request) const override;
    http::HttpReply too_many_requests(const http::HttpRequest& request) const override;
    std::optional<protocols::Callback> render(const core::Effect& effect,
                                              const protocols::Context& context) const override;
    protocols::Verdict judge(const core::Effect& effect,
                             const protocols::CallbackResult& result) const override;

private:
    std::shared_ptr<const Options> options_in(const protocols::Directory& directory) const;
    protocols::Answer handle_v3(const std::shared_ptr<Call>& call) const;
    /// Who has signed the request, or the reply that nobody has.
    std::optional<http::HttpReply> identify(Call& call) const;

    mutable KnownKeys keys_;
    protocols::Cached<Options> options_;
};

}  // namespace tuma::wechat
